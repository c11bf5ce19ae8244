/*---
title = "Billed lines"
doc = "What AWS billed of the activity through `$through`, but for `$withheld` lines. Money stays decimal here; the export holds DOUBLE, as AWS's does."
---*/
create or replace temp table lines as
with meters as (
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
),
withheld as (
    select unnest(cast(cast($withheld as json) as struct(
        day date, from_hour bigint, billing_entity varchar, workload varchar
    )[]), recursive := true)
)
select
    meters.*,
    activity.hour,
    activity.quantity,
    cast(activity.quantity * meters.usd_each as decimal(24, 10)) as cost
from activity
join meters using (flow, measure)
where cast(activity.hour as date) <= $through
  and not exists (
    from withheld
    where withheld.day = cast(activity.hour as date)
      and hour(activity.hour) >= withheld.from_hour
      and coalesce(withheld.billing_entity, meters.bill_billing_entity) = meters.bill_billing_entity
      and coalesce(withheld.workload, meters.workload) = meters.workload
  )
