/*---
title = "The series as they stand on a morning, and as the days after it settle"
doc = "A day counts as settled on the fourth morning after it; a series has no value on a day that others have: nothing was spent."
---*/
create or replace temp table series_daily_held as
with values as (
    select series_id, day, arg_max(usd, known_on) as usd
    from series_known
    where known_on <= greatest($morning, day + 4)
    group by series_id, day
),

names as (
    select series_id, any_value(workload) as workload, any_value(model) as model
    from series_known
    group by series_id
),

spans as (
    select series_id, min(day) as first_day from values group by series_id
),

days as (
    select distinct day from values
)

select d.day, s.series_id, n.workload, n.model, coalesce(k.environment, '') as environment,
    coalesce(k.team, '(untagged)') as team, 'final' as basis, coalesce(v.usd, 0) as usd,
    (d.day - s.first_day)::integer as age_days
from spans as s
join days as d on d.day >= s.first_day
join names as n using (series_id)
left join values as v using (series_id, day)
asof left join (
    select distinct on (series_id, day) series_id, day, environment, team from series_known order by series_id, day
) as k on k.series_id = s.series_id and k.day <= d.day
where d.day >= $since
order by d.day, s.series_id
