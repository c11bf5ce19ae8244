/*---
title = "Calls run away"
doc = "Workloads that, in one hour of the last week, called their models at least ten times as often as in their busiest hours before."
---*/
with hours as (
    select workload, hour, sum(requests) filter (namespace like 'AWS/Bedrock%') as calls
    from requests_hourly
    where day between $day - 34 and $day and workload is not null
    group by all
),

usual as (
    select workload, quantile_cont(calls, 0.95) as calls from hours where hour::date <= $day - 7 group by workload
),

burst as (
    select h.workload, count(*) as hours, max(h.calls / u.calls) as times, min(h.hour) as since
    from hours as h
    join usual as u using (workload)
    where h.hour::date > $day - 7 and h.calls >= 10 * u.calls and h.calls >= 100
    group by h.workload
),

spend as (
    select b.workload, sum(a.gross_usd) as usd
    from burst as b
    join attributed as a on a.workload = b.workload and a.hour >= b.since and a.hour < b.since + b.hours * interval 1 hour
    where a.cost_class = 'usage'
    group by b.workload
)

select s.usd::decimal(38, 2) as usd, workload as subject,
    format('up to {:.0f}x the calls of a busy hour for {} hours from {}', times, hours, strftime(since, '%d %b %H:%M')) as text
from burst
join spend as s using (workload)
order by usd desc
limit 2
