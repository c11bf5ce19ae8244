/*---
title = "What changed of some workloads on a day"
---*/
select *
from drivers_daily
where day = $day and list_contains($workloads, workload)
