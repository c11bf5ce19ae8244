/*---
title = "Spend fell away"
severity = "warn"
headline = "{workload} fell to {remains} of its usual spend"
summary = "{workload} has cost {actual_usd:usd} and less for two days, by {day_name} {day:%d %b} ({model}); usual are {expected_usd:usd}. Either something stopped working, or somebody saved {usd:usd} a day."
why = "A pipeline that has stopped is seen on the bill before its users call, and a tag or a profile that was lost moves dollars to where nobody looks."
next_step = "Ask {owner} whether {workload} is meant to be still; look for its dollars under other names with explain_daily and coverage_daily."
days = 3
not_on = ["bill_incomplete"]
explains = true
yields_to = { spend_drop = 7 }

[params.share]
value = 0.5
unit = "share of the expectation"
doc = "two final days running cost at most this share of what they were expected to; what other models of the workload cost more counts as theirs"

[params.min_usd]
value = 25
unit = "USD"
doc = "under the expectation"

[params.noise]
value = 3.25
unit = "times"
doc = "the usual size of the series' own misses over six weeks is exceeded by this factor, on a logarithmic scale"

[params.min_age_days]
value = 21
unit = "days"
doc = "a younger series may have been a trial"

[params.holidays]
value = ""
unit = "days, with commas"
doc = "on which little is usual, such as 2026-12-25, 2026-12-26: not judged"
---*/
with low as (
    select *, -excess_usd as lack_usd
    from deviation_daily
    where day between $day - 1 and $day and basis = 'final' and age_days >= $min_age_days
        and times <= $share and excess_usd <= -$min_usd
        and not list_contains(list_transform(string_split($holidays, ','), lambda word: trim(word)), day::varchar)
),

fallen as (
    select *
    from low
    where deviation <= -$noise
    qualify count(*) over (partition by series_id) = 2
),

risen as (   -- what another model takes over has not stopped
    select workload, sum(greatest(0, usd - coalesce(expected_usd, 0))) as over_usual_usd
    from expected_daily
    where day = $day
    group by workload
),

workloads as (
    select workload, sum(usd) + any_value(over_usual_usd) as usd, sum(expected_usd) as expected_usd,
        sum(lack_usd) - any_value(over_usual_usd) as lack_usd, count(*) as models, arg_max(fallen, lack_usd) as top
    from fallen
    join risen using (workload)
    where day = $day
    group by workload
    having sum(usd) + any_value(over_usual_usd) <= $share * sum(expected_usd)
        and sum(lack_usd) - any_value(over_usual_usd) >= $min_usd
)

select
    w.workload as subject,
    w.lack_usd::decimal(38, 2) as usd,
    w.workload,
    w.top.team as team,
    w.top.environment as environment,
    models_of(w.top.model, w.models) as model,
    w.top.basis as basis,
    owner_of(w.top.team, w.workload) as owner,
    $day as day,
    dayname($day) as day_name,
    'down' as direction,
    percent(w.usd / w.expected_usd) as remains,
    w.usd::decimal(38, 2) as actual_usd,
    w.expected_usd::decimal(38, 2) as expected_usd,
    w.top.deviation as deviation
from workloads as w
