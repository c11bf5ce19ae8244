/*---
title = "series_amounts of the days that are held"
---*/
create or replace temp view series_amounts as
select day, series_id, usd
from series_daily_held
