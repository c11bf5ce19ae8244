/*---
title = "The share of a digest's dollars that have a workload's name"
---*/
select (1 - coalesce(sum(usd) filter (rung = 'untagged'), 0) / sum(usd))::double as share
from coverage_daily
where key = 'workload' and day between $first and $last
having sum(usd) > 0
