/*---
title = "series_spans of the days that are held"
---*/
create or replace temp view series_spans as
select series_id, any_value(workload) as workload, any_value(model) as model, min(day - age_days) as first_day,
    max(day) as last_day, null::date as settled_through, null::uinteger as identity_id
from series_daily_held
group by series_id
