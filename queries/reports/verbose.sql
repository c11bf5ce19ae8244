/*---
title = "Answers longer than anybody's"
doc = "Output tokens per call at least three times the median of workloads on the same tier; the dollars are those above the median, over 30 days."
---*/
with calls as (
    select workload, tier, sum(output_tokens) / nullif(sum(requests), 0) as output_per_call
    from requests_hourly
    where day between $day - 29 and $day and workload is not null and namespace like 'AWS/Bedrock%' and tier is not null
    group by all
),

peers as (
    select *, (
        select median(p.output_per_call) from calls as p where p.tier = c.tier and p.workload <> c.workload
    ) as usual
    from calls as c
),

output_spend as (
    select workload, tier, sum(gross_usd) as usd
    from attributed
    where day between $day - 29 and $day and token_kind = 'output'
    group by all
)

select (o.usd * (1 - usual / output_per_call))::decimal(38, 2) as usd, workload as subject,
    format('{:.0f} output tokens a call on {}, its peers {:.0f}', output_per_call, tier, usual) as text
from peers
join output_spend as o using (workload, tier)
where output_per_call >= 3 * usual
order by usd desc
limit 1
