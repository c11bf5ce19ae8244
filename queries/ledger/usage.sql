/*---
title = "Billed Bedrock lines"
doc = "One row per hour x account x region x shape x tag set x resource x principal x line type of one billing period, as AWS billed it. `lines` counts the CUR lines behind it."
---*/
create temp table usage (
    billing_period varchar not null,
    hour timestamp not null,
    payer_account_id varchar not null,
    account_id varchar not null,
    region varchar,
    shape uinteger not null,
    tag_set uinteger not null,
    resource_id varchar,
    principal varchar,               -- assumed-role sessions folded to their role
    line_type varchar not null,      -- AWS's own: Usage, Tax, Credit, Refund, Fee, EdpDiscount ...
    invoiced boolean not null,
    currency varchar not null,
    lines bigint not null,
    amount decimal(38, 12),          -- in the shape's own unit
    gross_usd decimal(24, 12) not null,
    net_usd decimal(24, 12) not null,
    list_usd decimal(24, 12)         -- NULL where AWS gives no public price
)
