/*---
title = "What a provisioned throughput cost and carried each day"
grain = "commitment x day"
[columns]
usd = "gross USD billed for it"
invocations = "NULL where CloudWatch says nothing of the account and region that day: unknown, not idle"
idle_hours = "billed hours without an invocation; NULL where invocations is"
commitment_id = "ARN of the provisioned throughput"
billed_hours = "model unit hours billed"
---*/
with billed as (
    select resource_id as commitment_id, day, hour, sum(gross_usd) as usd
    from attributed
    where charge = 'provisioned' and cost_class = 'usage' and resource_id is not null
    group by all
),

calls as (
    select account_id, region, resource, hour, sum(requests) as requests
    from requests_hourly
    where namespace = 'AWS/Bedrock'
    group by all
),

watched as (   -- hours in which CloudWatch reported anything at all for the account and region
    select distinct account_id, region, hour::date as day from datapoints where namespace = 'AWS/Bedrock'
)

select b.commitment_id, b.day, sum(b.usd) as usd,
    case when any_value(w.day) is not null then coalesce(sum(c.requests), 0)::bigint end as invocations,
    case when any_value(w.day) is not null then count(*) filter (coalesce(c.requests, 0) = 0) end as idle_hours,
    count(*) as billed_hours
from billed as b
left join calls as c
    on c.account_id = split_part(b.commitment_id, ':', 5) and c.region = split_part(b.commitment_id, ':', 4)
    and c.resource = regexp_extract(b.commitment_id, '[^/]+$') and c.hour = b.hour
left join watched as w
    on w.account_id = split_part(b.commitment_id, ':', 5) and w.region = split_part(b.commitment_id, ':', 4)
    and w.day = b.day
group by b.commitment_id, b.day
