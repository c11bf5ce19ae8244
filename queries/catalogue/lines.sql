/*---
title = "Billed lines and their shares"
doc = "`amount_before` is the part of a split line that earlier shares took, so that whole tokens are split exactly."
---*/
create table lines (
    delivery_id uinteger not null,
    billing_period varchar not null,
    hour timestamp not null,
    payer_account_id varchar not null,
    account_id varchar not null,
    region varchar,
    kind_id uinteger not null,
    identity_id uinteger not null,
    line_type varchar not null,
    invoiced boolean not null,
    currency varchar not null,
    lines bigint not null,
    amount_before decimal(38, 12) not null,
    amount decimal(38, 12),
    gross_usd decimal(24, 12) not null,
    net_usd decimal(24, 12) not null,
    list_usd decimal(24, 12)
)
