/*---
title = "New spend"
severity = "info"
headline = "{workload}: {what}, {actual_usd:usd} a day"
summary = "{workload} spends on {model} since {since:%d %b}: {actual_usd:usd} on {day_name} {day:%d %b}, {monthly_usd:usd} a month if every day is like that. It is {what}."
why = "What is new has no history to be judged by, and no budget yet: the first week is when somebody should have heard of it."
next_step = "Ask {owner} whether {workload} is meant to cost that, and give it a budget."
days = 3
not_on = ["bill_incomplete"]
explains = true
yields_to = { spend_spike = 7, new_spend = 30 }

[params.min_usd]
value = 150
unit = "USD"
doc = "on any day of the first week"

[params.first_days]
value = 7
unit = "days"
doc = "so long it is new"
---*/
with known as (
    select workload, max(age_days) as age_days
    from expected_daily
    where day = $day
    group by workload
),

newcomers as (   -- what the bill begins with is not new, only newly known
    select e.*, k.age_days < $first_days as all_new
    from expected_daily as e
    join known as k using (workload)
    where e.day = $day and e.age_days < $first_days and e.usd >= $min_usd
        and e.day - e.age_days > (select min(day) from series_daily) + $first_days
),

workloads as (
    select workload, sum(usd) as usd, count(*) as models, max(age_days) as age_days, bool_and(all_new) as all_new,
        arg_max(newcomers, usd) as top
    from newcomers
    group by workload
)

select
    w.workload as subject,
    w.usd::decimal(38, 2) as usd,
    w.workload,
    w.top.team as team,
    w.top.environment as environment,
    models_of(w.top.model, w.models) as model,
    w.top.basis as basis,
    owner_of(w.top.team, w.workload) as owner,
    $day as day,
    dayname($day) as day_name,
    ($day - w.age_days)::date as since,
    'up' as direction,
    case when w.all_new then 'a new workload' when w.models > 1 then 'new models of a known workload'
        else 'a new model of a known workload' end as what,
    w.usd::decimal(38, 2) as actual_usd,
    0::decimal(38, 2) as expected_usd,
    (w.usd * 30)::decimal(38, 2) as monthly_usd
from workloads as w
