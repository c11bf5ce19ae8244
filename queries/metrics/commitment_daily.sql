/*---
title = "What a provisioned throughput cost and carried each day"
grain = "commitment x day"
[columns]
usd = "gross USD billed for it"
invocations = "NULL where CloudWatch says nothing of the account and region that day: unknown, not idle"
idle_hours = "billed hours without an invocation; NULL where invocations is, or the export tells no hours"
commitment_id = "ARN of the provisioned throughput"
billed_hours = "hours with a billed line; an export by the day has one"
---*/
with hours as (
    select resource_id as commitment_id, split_part(resource_id, ':', 5) as account_id,
        split_part(resource_id, ':', 4) as region, regexp_extract(resource_id, '[^/]+$') as resource,
        day, hour, sum(gross_usd) as usd
    from attributed
    where charge = 'provisioned' and cost_class = 'usage' and resource_id is not null
    group by all
),

calls as (
    select account_id, region, resource, day, hour, sum(requests) as requests
    from requests_hourly
    where namespace = 'AWS/Bedrock'
    group by all
),

billed as (
    select h.commitment_id, h.account_id, h.region, h.resource, h.day, sum(h.usd) as usd, count(*) as billed_hours,
        count(*) filter (coalesce(c.requests, 0) = 0) as idle_hours,
        max(date_part('hour', h.hour)) > 0 as tells_hours
    from hours as h
    left join calls as c using (account_id, region, resource, hour)
    group by h.commitment_id, h.account_id, h.region, h.resource, h.day
),

called as (   -- by the day: an export by the day bills at midnight what is called at noon
    select account_id, region, resource, day, sum(requests) as requests from calls group by all
),

asked as (   -- of sources that say so: who answered all of a day
    select c.account_id, c.region, d.partition::date as day,
        bool_and(c.status = 'complete' and c.collected_through >= d.partition::date + 1) as answered
    from collections as c
    join deliveries as d using (delivery_id)
    where d.kind = 'cloudwatch' and c.subject = 'AWS/Bedrock'
    group by all
),

watched as (   -- else days on which CloudWatch reported anything at all for the account and region
    select distinct p.account_id, p.region, p.hour::date as day
    from datapoints as p
    join deliveries as d using (delivery_id)
    where p.namespace = 'AWS/Bedrock' and d.kind <> 'cloudwatch'
    union
    select account_id, region, day from asked where answered
)

select b.commitment_id, b.day, b.usd,
    case when w.day is not null then coalesce(c.requests, 0)::bigint end as invocations,
    case when w.day is not null and b.tells_hours then b.idle_hours end as idle_hours,
    b.billed_hours
from billed as b
left join called as c using (account_id, region, resource, day)
left join watched as w on w.account_id = b.account_id and w.region = b.region and w.day = b.day
