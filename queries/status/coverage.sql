/*---
title = "Dollars and share of each rung that named a workload, the largest first"
---*/
select rung, sum(usd)::decimal(38, 2) as usd, (sum(usd) / sum(sum(usd)) over ())::double as share
from coverage_daily
where key = 'workload'
group by rung
order by usd desc
