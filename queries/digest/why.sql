/*---
title = "Why a workload's day was unlike its usual ones"
---*/
select what_changed
from drivers_daily
where workload = $workload and day = $day
