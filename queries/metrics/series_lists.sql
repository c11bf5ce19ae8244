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
with lists as (
    select series_id, min(day) as first_day, max(day) as last_day, list(usd order by day) as usds
    from series_amounts
    group by series_id
),

holes as (
    select series_id, first_day, last_day
    from lists
    where len(usds) < last_day - first_day + 1
),

filled as (
    select series_id, list(a.usd order by d.day) as usds
    from (select series_id, unnest(generate_series(first_day, last_day, interval 1 day))::date as day from holes) as d
    left join series_amounts as a using (series_id, day)
    group by series_id
)

select l.series_id, s.workload, s.model, l.first_day, (l.first_day - s.first_day)::integer as age_days,
    list_concat(list_resize([]::double[], 48), coalesce(f.usds, l.usds)) as usds
from lists as l
join series_spans as s using (series_id)
left join filled as f using (series_id)
