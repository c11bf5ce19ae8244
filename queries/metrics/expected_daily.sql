/*---
title = "What each series is expected to cost"
grain = "day x workload, model; every day from the first one seen to the last complete one"
doc = "Recent level x weekday index, with the series' own noise and a memory of month days. The last two days are left out of the baseline, so that a spike neither hides nor echoes. Every spend rule reads this view."
[columns]
usd = "gross USD; a day without lines is 0"
previous_usd = "the day before; 0 where nothing was spent"
age_days = "days since the series began"
weekday_index = "this weekday against the mean of its week, median of six weeks; 1 until three are known"
level_usd = "median of the recent days at an index of 1"
expected_usd = "level x index; in the first four weeks at least the same day last week; NULL before there is any level"
sigma = "the usual size of a miss, in logarithms; at least 0.10"
deviation = "log of usd over expected (both + $5), in sigmas"
month_excess_usd = "by how much the same day of the last two months was over its expectation"
highest_usd = "the highest day of five weeks, the last two days left out"
environment = "the environment with the most dollars that day, else of the series"
---*/
with leaves as (
    select day, workload, model, sum(gross_usd)::double as usd, arg_max(environment, gross_usd) as environment,
        arg_max(team, gross_usd) as team,
        case when bool_and(basis = 'final') then 'final' else 'provisional' end as basis
    from spend_daily
    group by all
),

reaches as (   -- a series ends where the sources that carry it do: beyond is unknown, not zero
    select i.workload, k.model, max(m.complete_through) as complete_through
    from lines as l
    join identities as i using (identity_id)
    join kinds as k using (kind_id)
    join marks as m using (delivery_id)
    group by all
),

spans as (
    select workload, model, min(day) as first_day, arg_max(environment, usd) as environment, arg_max(team, usd) as team
    from leaves
    group by all
),

days as (
    select s.workload, s.model, unnest(generate_series(s.first_day, r.complete_through, interval 1 day))::date as day,
        s.first_day, s.environment, s.team
    from spans as s
    join reaches as r on r.workload = s.workload and r.model is not distinct from s.model
),

series as (
    select d.day, d.workload, d.model, coalesce(l.environment, d.environment) as environment,
        coalesce(l.team, d.team) as team, coalesce(l.basis, 'provisional') as basis,
        coalesce(l.usd, 0) as usd, d.day - d.first_day as age_days
    from days as d
    left join leaves as l on l.day = d.day and l.workload = d.workload and l.model is not distinct from d.model
),

relative as (
    select *, usd / nullif(avg(usd) over (partition by workload, model order by day rows 6 preceding), 0) as rel
    from series
),

pasts as (
    select *,
        list(rel) over (partition by workload, model order by day rows between 42 preceding and 1 preceding) as past_rel
    from relative
),

weekdays as (
    select * exclude (past_rel, rel),
        list_filter([past_rel[-7], past_rel[-14], past_rel[-21], past_rel[-28], past_rel[-35], past_rel[-42]],
            lambda x: x is not null) as same_weekday
    from pasts
),

indexed as (
    select * exclude (same_weekday),
        case when len(same_weekday) >= 3 then list_median(same_weekday) else 1 end as weekday_index
    from weekdays
),

levelled as (
    select *, case when weekday_index >= 0.2 then usd / weekday_index end as flat_usd
    from indexed
),

baselines as (
    select *,
        list(flat_usd) over (w rows between 9 preceding and 3 preceding) as recent,
        list(flat_usd) over (w rows between 30 preceding and 3 preceding) as month,
        max(usd) over (w rows between 1 preceding and 1 preceding) as previous_usd,
        max(usd) over (w rows between 7 preceding and 7 preceding) as week_before_usd,
        max(usd) over (w rows between 37 preceding and 3 preceding) as highest_usd
    from levelled
    window w as (partition by workload, model order by day)
),

levels as (
    select * exclude (recent, month, flat_usd),
        coalesce(list_median(list_filter(recent, lambda x: x is not null)),
            list_median(list_filter(month, lambda x: x is not null))) as level_usd
    from baselines
),

expectations as (
    select *,
        greatest(level_usd * weekday_index, case when age_days < 28 then week_before_usd end) as expected_usd
    from levels
),

misses as (
    select *, ln((usd + 5) / (expected_usd + 5)) as miss
    from expectations
),

noise as (
    select *,
        list_filter(list(abs(miss)) over (w rows between 44 preceding and 3 preceding), lambda x: x is not null) as past
    from misses
    window w as (partition by workload, model order by day)
),

months_back as (
    select n.*,
        greatest(0, a.usd - a.expected_usd, b.usd - b.expected_usd) as month_excess_usd
    from noise as n
    left join misses as a
        on a.workload = n.workload and a.model is not distinct from n.model and a.day = (n.day - interval 1 month)::date
    left join misses as b
        on b.workload = n.workload and b.model is not distinct from n.model and b.day = (n.day - interval 2 months)::date
),

sigmas as (
    select * exclude (past),
        case
            when len(past) < 5 then 0.35
            else greatest(0.10, 1.4826 * list_median(past), list_aggregate(past, 'quantile_cont', 0.9) / 1.645)
        end as sigma
    from months_back
)

select day, workload, model, environment, team, basis, usd, coalesce(previous_usd, 0) as previous_usd, age_days,
    weekday_index, level_usd, expected_usd, sigma, miss / sigma as deviation,
    coalesce(month_excess_usd, 0) as month_excess_usd, coalesce(highest_usd, 0) as highest_usd
from sigmas
