/*---
title = "Who named it, over 30 days"
doc = "Share of dollars by the rung that named their workload, over 30 days."
---*/
select sum(usd) filter (rung <> 'untagged')::decimal(38, 2) as usd, 'attribution' as subject,
    string_agg(format('{} {:.1f}%', rung, share * 100), ' · ' order by share desc) as text
from (
    select rung, sum(usd) as usd, sum(usd) / sum(sum(usd)) over () as share
    from coverage_daily
    where key = 'workload' and day between $day - 29 and $day
    group by rung
)
