/*---
title = "Spend as series, each in one row"
grain = "workload, model"
doc = "What `series_daily` says, as one list a series: what looks at weeks of days reads it faster. No day is left out, so that places are days: `day` stands at `49 + day - first_day`."
[columns]
series_id = "of series_daily"
first_day = "the first day"
age_days = "days since the series began, on its first_day"
usds = "gross USD of each day, after those of the 48 days before first_day (six weeks, and the week that the first of them ends); NULL where nothing is known"
---*/
with spans as (
    select series_id, any_value(workload) as workload, any_value(model) as model, min(day) as first_day,
        max(day) as last_day, min(age_days) as age_days, count(*) as days
    from series_daily
    group by series_id
),

unknown as (
    select series_id, unnest(generate_series(first_day, last_day, interval 1 day))::date as day, null::double as usd
    from spans
    where days < last_day - first_day + 1
),

lists as (
    select series_id, list(usd order by day) as usds
    from (
        select series_id, day, usd from series_daily
        union all
        select * from unknown anti join series_daily using (series_id, day)
    )
    group by series_id
)

select s.series_id, s.workload, s.model, s.first_day, s.age_days, list_concat(list_resize([]::double[], 48), l.usds) as usds
from spans as s
join lists as l using (series_id)
