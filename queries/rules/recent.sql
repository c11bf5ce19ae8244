/*---
title = "What workloads cost on the days before a finding, and what those days usually cost"
doc = "By the numbers of their series, which spare the weeks of all others."
---*/
select workload, day, sum(usd)::decimal(38, 2) as usd, sum(expected_usd)::decimal(38, 2) as usual_usd
from expected_daily
where list_contains($series_ids::bigint[], series_id) and day between $first and $last
group by workload, day
order by workload, day
