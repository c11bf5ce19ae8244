/*---
title = "CloudWatch datapoints"
doc = "Hourly datapoints as Metric Streams writes them. Flows that share a dimension add up; an hour without a call has no datapoint."
---*/
create or replace temp table datapoints as
with gauges as (
    select unnest(cast(cast($gauges as json) as struct(
        flow integer,
        measure varchar,
        account_id varchar,
        region varchar,
        namespace varchar,
        metric_name varchar,
        dimensions varchar
    )[]), recursive := true)
)
select
    activity.hour,
    gauges.account_id,
    gauges.region,
    gauges.namespace,
    gauges.metric_name,
    gauges.dimensions,
    cast(sum(activity.quantity) as double) as total,
    cast(sum(activity.samples) as double) as samples
from activity
join gauges using (flow, measure)
where activity.samples > 0
group by all
order by all
