/*---
title = "The series as they stand on a morning, and as the days after it settle"
doc = "A day counts as settled on the fourth morning after it; a series has no value on a day that others have: nothing was spent."
---*/
create or replace temp table series_daily_held as
with settled as (
    select series_id, day, arg_max(usd, known_on) as usd, any_value(environment) as environment, any_value(team) as team
    from series_known
    where known_on <= greatest($morning, day + 4)
    group by series_id, day
),

days as (
    select day, row_number() over (order by day desc) as to_the_end
    from (select distinct day from settled)
),

spans as (
    select *
    from (
        select series_id, min(day) as day, count(*) as days, arg_max(environment, day) as environment,
            arg_max(team, day) as team
        from settled
        group by series_id
    )
    join days using (day)
),

gaps as (
    select s.series_id, d.day, 0 as usd, s.environment, s.team
    from spans as s
    join days as d on d.day >= s.day
    where s.days < s.to_the_end
)

select v.day, v.series_id, n.workload, n.model, v.environment, v.team, 'final' as basis, v.usd,
    (v.day - s.day)::integer as age_days
from (
    from settled
    union all by name
    select g.* from gaps as g anti join settled using (series_id, day)
) as v
join spans as s using (series_id)
join series_named as n using (series_id)
where v.day >= $since
