/*---
title = "Spend as series, each in one row"
grain = "workload, model"
doc = "What `series_daily` says, as one list a series: what looks at weeks of days reads it faster."
[columns]
series_id = "of series_daily"
first_day = "the first day"
age_days = "days since the series began, on its first_day"
usds = "gross USD of each day, after those of the 48 days before first_day: NULL, for nothing is known of them"
---*/
select series_id, any_value(workload) as workload, any_value(model) as model, min(day) as first_day, min(age_days) as age_days,
    list_concat(list_resize([]::double[], 48), list(usd order by day)) as usds
from series_daily
group by series_id
