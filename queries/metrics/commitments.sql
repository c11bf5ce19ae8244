/*---
title = "Provisioned throughputs"
grain = "commitment"
doc = "As the newest inventory snapshot has them."
[columns]
term = "OneMonth, SixMonths; NULL: by the hour"
usd_per_hour = "what the bill charges for one hour of all units, over the last 14 days with lines; NULL before a line is seen"
listed = "whether the newest snapshot still has it"
commitment_id = "ARN of the provisioned throughput"
name = "as the inventory names it"
units = "model units"
status = "AWS's status at the last snapshot"
created_at = "UTC"
expires_at = "UTC, end of the term; NULL without one"
---*/
with newest as (
    select greatest(max(snapshot_day), (
        select max(collected_through)::date   -- an answer without any is an answer
        from collections
        where subject = 'bedrock:ListProvisionedModelThroughputs' and status = 'complete'
    )) as day
    from throughputs
),

latest as (
    select arn, arg_max(t, coalesce(snapshot_day, date '0001-01-01')) as t, max(snapshot_day) as last_seen
    from throughputs as t
    group by arn
),

hourly as (
    select resource_id as arn, sum(gross_usd) / nullif(count(distinct hour), 0) as usd_per_hour
    from attributed
    where charge = 'provisioned' and cost_class = 'usage'
        and day > (select max(complete_through) from marks) - 14
    group by resource_id
)

select l.arn as commitment_id, l.t.name as name, l.t.account_id as account_id, l.t.region as region,
    coalesce(m.model, l.t.model_id) as model, l.t.units as units, l.t.term as term, l.t.status as status,
    l.t.created_at as created_at, l.t.expires_at as expires_at,
    l.last_seen is not distinct from n.day as listed,
    r.workload, r.team, r.environment, r.cost_center,
    h.usd_per_hour::decimal(38, 12) as usd_per_hour
from latest as l
cross join newest as n
left join model_ids as m on m.model_id = l.t.model_id
left join resource_names as r
    on r.account_id = l.t.account_id and r.region = l.t.region and r.resource = regexp_extract(l.arn, '[^/]+$')
left join hourly as h using (arn)
