/*---
title = "Spend out of the ordinary"
severity = "warn"
headline = "{workload} cost {against}"
summary = "{workload} cost {actual_usd:usd} on {day_name} {day:%d %b} ({model}); a usual {day_name} at its level is {expected_usd:usd} ({change}).{measure}"
why = "Judged by this workload's own level, weekday, noise and days of the month: it is beyond what these explain, and each further day costs the same again."
next_step = "Ask {owner} what changed on {day:%d %b}, first for {model}. If it was planned, say so with `plan` below; if this workload is always so restless, raise noise for it."
days = 3
not_on = ["bill_incomplete"]
explains = true
yields_to = { spend_spike = 7, spend_anomaly = 7, new_spend = 7, runaway_loop = 7, cache_hit_rate = 7, router_drift = 7 }

[params.noise]
value = 3.5
unit = "times"
doc = "the usual size of the series' own misses over six weeks is exceeded by this factor, on a logarithmic scale"

[params.ratio]
value = 2.0
unit = "times"
doc = "the expectation is exceeded by this factor"

[params.min_usd]
value = 25
unit = "USD"
doc = "over the expectation"

[params.explained_ratio]
value = 1.3
unit = "times"
doc = "what the calendar explains (the same day of the last two months, this weekday in the last five weeks) is exceeded by this factor"

[params.min_age_days]
value = 10
unit = "days"
doc = "a younger series has no noise to be judged by"

[params.record_ratio]
value = 2.5
unit = "times"
doc = "the highest day of five weeks; exceeded by this factor, noise and month do not matter, `ratio` does"

[params.record_usd]
value = 100
unit = "USD"
doc = "over the highest day of five weeks"
---*/
with leaves as (
    select *,
        age_days >= 9 and usd >= $record_ratio * highest_usd and usd - highest_usd >= $record_usd as is_record
    from deviation_daily
    where day = $day and times >= $ratio and excess_usd >= $min_usd and expected_usd is not null
),

odd as (
    select *
    from leaves
    where is_record
        or (age_days >= $min_age_days and deviation >= $noise
            and usd >= $explained_ratio * explained_usd)
),

workloads as (
    select workload, sum(usd) as usd, sum(expected_usd) as expected_usd, sum(excess_usd) as excess_usd,
        count(*) as models, arg_max(odd, excess_usd) as top
    from odd
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
    dayname($day) as day_name,
    'up' as direction,
    case when w.expected_usd > 0 then format('{:.1f}x the usual {}', w.usd / w.expected_usd, dayname($day))
        else 'out of nothing' end as against,
    concat_ws(', ', case when w.expected_usd > 0 then format('{:.1f}x', w.usd / w.expected_usd) end,
        format('+${:,.2f}', w.excess_usd)) as change,
    case
        when w.top.is_record and w.top.highest_usd > 0
            then format(' It is {:.1f} times the highest day of five weeks.', w.top.usd / w.top.highest_usd)
        when w.top.is_record then ' In five weeks it had cost nothing.'
        when w.top.worst_ratio <= 1 then ' In six weeks it has not been over its usual.'
        when round(w.top.worst_ratio, 1) between 1.05 and round(w.top.times, 1) - 0.05
            then format(' Its largest over-run in six weeks was {:.1f}x.', w.top.worst_ratio)
        else ''   -- one as large would only argue against it
    end as measure,
    w.usd::decimal(38, 2) as actual_usd,
    w.expected_usd::decimal(38, 2) as expected_usd,
    w.excess_usd::decimal(38, 2) as excess_usd,
    (w.excess_usd * 30)::decimal(38, 2) as monthly_usd,
    w.top.deviation as deviation
from workloads as w
