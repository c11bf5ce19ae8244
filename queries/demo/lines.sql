/*---
title = "Billed lines"
doc = "What AWS billed of the activity through `$through`, but for `$withheld` lines. Money stays decimal here; the export holds DOUBLE, as AWS's does."
---*/
create or replace temp table lines as
with withheld as (
    select unnest(cast(cast($withheld as json) as struct(
        day date, from_hour bigint, billing_entity varchar, workload varchar
    )[]), recursive := true)
)
select
    activity.flow,
    activity.measure,
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
order by activity.hour, activity.flow, activity.measure
