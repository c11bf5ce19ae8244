/*---
title = "What workloads cost on the days before a finding, and what those days usually cost"
---*/
select workload, day, sum(usd)::decimal(38, 2) as usd, sum(expected_usd)::decimal(38, 2) as usual_usd
from expected_daily
where list_contains($workloads::varchar[], workload) and day between $first and $last
group by workload, day
order by workload, day
