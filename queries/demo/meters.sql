/*---
title = "Meters"
doc = "How each measure of each flow is billed: AWS's columns that stay the same on all its lines."
---*/
create or replace temp table meters as
select unnest(cast(cast($meters as json) as struct(
    flow integer,
    measure varchar,
    workload varchar,
    model varchar,
    kind varchar,
    usd decimal(18, 9),
    usd_each decimal(18, 12),
    per_unit bigint,
    bill_billing_entity varchar,
    line_item_line_item_type varchar,
    line_item_line_item_description varchar,
    line_item_operation varchar,
    line_item_product_code varchar,
    line_item_resource_id varchar,
    line_item_iam_principal varchar,
    line_item_usage_account_id varchar,
    line_item_usage_account_name varchar,
    line_item_usage_type varchar,
    pricing_unit varchar,
    product_product_family varchar,
    product_region_code varchar,
    product_servicecode varchar,
    product map(varchar, varchar),
    resource_tags map(varchar, varchar),
    tags map(varchar, varchar)
)[]), recursive := true)
