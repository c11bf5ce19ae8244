/*---
title = "Dollars and share of each rung that named a workload, the largest first; of no dollars no share"
---*/
select rung, sum(usd)::decimal(38, 2) as usd, (sum(usd) / nullif(sum(sum(usd)) over (), 0))::double as share
from coverage_daily
where key = 'workload'
group by rung
order by usd desc
