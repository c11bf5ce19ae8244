/*---
title = "Spend climbs"
severity = "info"
headline = "{workload} costs {ratio:.1f} times what it did two months ago"
summary = "{workload} cost {actual_usd:usd} a day in the week to {day:%d %b} ({model}); four to seven weeks before, no week was above {expected_usd:usd} a day. It has risen three weeks running: {monthly_usd:usd} a month more."
why = "A slow climb is never a spike, and in the end the dearest case of all: no single day is odd enough to be told."
next_step = "Ask {owner} whether the use of {workload} has grown as much. If it has, this is the new normal, and its budget wants to know; if not, explain_daily shows what each query costs more."
days = 3
not_on = ["bill_incomplete"]
explains = true
yields_to = { spend_spike = 42, spend_anomaly = 42, new_spend = 42, spend_drift = 42, cache_hit_rate = 42, router_drift = 42 }

[params.ratio]
value = 2.0
unit = "times"
doc = "the last seven days exceed each of the weeks four to seven weeks before by this factor"

[params.min_usd]
value = 25
unit = "USD"
doc = "a day, over the dearest of those weeks"

[params.median_share]
value = 0.8
unit = "share"
doc = "of that rise the median day has at least so much: most days are dear, not one"
---*/
with weeks as (
    select series_id,
        sum(usd) filter (day > $day - 7) as week_0,
        sum(usd) filter (day between $day - 13 and $day - 7) as week_1,
        sum(usd) filter (day between $day - 20 and $day - 14) as week_2,
        sum(usd) filter (day between $day - 27 and $day - 21) as week_3,
        sum(usd) filter (day between $day - 34 and $day - 28) as week_4,
        sum(usd) filter (day between $day - 41 and $day - 35) as week_5,
        sum(usd) filter (day between $day - 48 and $day - 42) as week_6,
        sum(usd) filter (day between $day - 55 and $day - 49) as week_7
    from series_daily
    where day between $day - 55 and $day
    group by series_id
),

climbing as (
    select series_id, greatest(week_4, week_5, week_6, week_7) / 7 as before_usd, week_0 / 7 as now_usd
    from weeks
    where week_0 > week_1 and week_1 > week_2 and week_2 > week_3
),

drifting as (   -- most days are dear, not one
    select e.series_id, any_value(e.workload) as workload, any_value(e.model) as model, any_value(c.now_usd) as now_usd,
        any_value(c.before_usd) as before_usd, any_value(c.now_usd - c.before_usd) as excess_usd,
        arg_max(e.team, e.day) as team, arg_max(e.environment, e.day) as environment, arg_max(e.basis, e.day) as basis
    from climbing as c
    join series_daily as e using (series_id)
    where c.now_usd >= $ratio * c.before_usd and c.now_usd - c.before_usd >= $min_usd and e.day between $day - 6 and $day
    group by e.series_id
    having max(e.day) = $day and max(e.age_days) >= 34
        and median(e.usd) >= $median_share * $ratio * any_value(c.before_usd)
),

workloads as (
    select workload, sum(now_usd) as usd, sum(before_usd) as before_usd, sum(excess_usd) as excess_usd,
        count(*) as models, arg_max(drifting, excess_usd) as top
    from drifting
    group by workload
),

recent as (
    select workload, list((day, usd, usual_usd) order by day) as series
    from (
        select d.workload, e.day, sum(e.usd)::decimal(38, 2) as usd, sum(d.before_usd)::decimal(38, 2) as usual_usd
        from series_daily as e
        join drifting as d using (series_id)
        where e.day between $day - 55 and $day
        group by all
    )
    group by workload
)

select
    w.workload as subject,
    w.excess_usd::decimal(38, 2) as usd,
    w.workload,
    w.top.team as team,
    w.top.environment as environment,
    models_of(w.top.model, w.models) as model,
    w.top.basis as basis,
    owner_of(w.top.team, w.workload) as owner,
    $day as day,
    'up' as direction,
    w.usd / nullif(w.before_usd, 0) as ratio,
    w.usd::decimal(38, 2) as actual_usd,
    w.before_usd::decimal(38, 2) as expected_usd,
    (w.excess_usd * 30)::decimal(38, 2) as monthly_usd,
    r.series
from workloads as w
left join recent as r using (workload)
