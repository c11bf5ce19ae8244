/*---
title = "series_daily as it settles"
---*/
create or replace temp view series_daily as
from series_daily_held
