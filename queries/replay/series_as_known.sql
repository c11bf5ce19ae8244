/*---
title = "series_daily as it was on the morning that is set"
---*/
create or replace temp view series_daily as
select day, series_id, workload, model, environment, team, basis, usd, age_days
from expected_known where morning = getvariable('morning')
union all by name
select * from series_daily_held where day < getvariable('morning') - 3
