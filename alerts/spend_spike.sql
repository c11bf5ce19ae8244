/*---
title = "Spend jumped"
severity = "warn"
headline = "{workload} spend {against}"
summary = "{workload} spent {usd_of_day:usd} on {day_name} {day:%d %b} ({model}); {usual}, and the day before was {previous_usd:usd} ({change})."
why = "Three times the day before and three times what this weekday usually costs is not growth: a loop, a changed route or a lost cache looks like this, and each further day costs the same again."
next_step = "Ask {owner} what changed on {day:%d %b}, first for {model}; stop or cap it if nobody knows. If it was planned, say so with `plan` below."
days = 3
not_on = ["bill_incomplete"]
yields_to = { spend_anomaly = 7 }
explains = true

[params.ratio]
value = 3.0
unit = "times"
doc = "both the day before and the expectation are exceeded by this factor; what other models of the workload cost less is expected of those that rise"

[params.min_usd]
value = 100
unit = "USD"
doc = "over the expectation (over the day before, without guard)"

[params.noise]
value = 3.5
unit = "times"
doc = "the usual size of the series' own misses over six weeks is exceeded by this factor, on a logarithmic scale: a restless series triples by itself"

[params.explained_ratio]
value = 1.3
unit = "times"
doc = "what the calendar explains (the same day of the last two months, this weekday in the last five weeks) is exceeded by this factor"

[params.guard]
value = true
unit = "true or false"
doc = "false is the literal rule, `ratio` times the day before and nothing else; measured, it raises 50 false alarms per 100 series-months"
---*/
with leaves as (
    select * replace (usd::decimal(38, 12) as usd, previous_usd::decimal(38, 12) as previous_usd),
        coalesce(expected_usd, 0)::decimal(38, 12) as usual_usd   -- in binary, $51.15 is not three times $17.05
    from deviation_daily
    where day = $day and usd > 0
        and (expected_usd is not null   -- all that the bill begins with came out of nothing
            or day - age_days > (select min(day) from series_daily) + 7 or day > (select min(day) from series_daily) + 28)
        and times >= case when $guard then 0.999 * $ratio else 0 end   -- in binary, to ask for the past of few
),

rising as (
    select * exclude (excess_usd), case when $guard then usd - usual_usd else usd - previous_usd end as excess_usd
    from leaves
    where usd >= $ratio * previous_usd
        and (not $guard or (usd >= $ratio * usual_usd and coalesce(deviation, $noise) >= $noise
            and usd >= $explained_ratio * explained_usd))
),

fallen as (   -- what a model takes over from another is no rise of the workload
    select workload, sum(greatest(0, coalesce(expected_usd, 0) - usd))::decimal(38, 12) as under_usual_usd,
        sum(greatest(0, previous_usd - usd))::decimal(38, 12) as under_previous_usd
    from expected_daily
    where day = $day
    group by workload
),

risen as (   -- models rise together when their workload does: the floor is for their sum
    select workload, sum(usd) as usd, count(*) as models, arg_max(rising, excess_usd) as top,
        sum(usual_usd) + case when $guard then any_value(under_usual_usd) else 0 end as usual_usd,
        sum(previous_usd) + case when $guard then 0 else any_value(under_previous_usd) end as previous_usd
    from rising
    join fallen using (workload)
    group by workload
),

workloads as (
    select *, case when $guard then usd - usual_usd else usd - previous_usd end as excess_usd
    from risen
    where case when $guard then usd >= $ratio * usual_usd and usd - usual_usd >= $min_usd
        else usd >= $ratio * previous_usd end
)

select
    w.workload as subject,
    w.excess_usd::decimal(38, 2) as usd,
    case when w.top.environment in (select unnest(production) from settings) then 'page' else 'warn' end as severity,
    w.workload,
    w.top.team as team,
    w.top.environment as environment,
    models_of(w.top.model, w.models) as model,
    w.top.basis as basis,
    owner_of(w.top.team, w.workload) as owner,
    $day as day,
    dayname($day) as day_name,
    'up' as direction,
    case when w.usual_usd > 0 then format('{:.1f}x the usual {}', w.usd / w.usual_usd, dayname($day))
        else 'out of nothing' end as against,
    case when w.usual_usd > 0 then format('a usual {} is ${:,.2f}', dayname($day), w.usual_usd::double)
        else 'it has no usual ' || dayname($day) || ' yet' end as usual,
    concat_ws(', ', case when w.usual_usd > 0 then format('{:.1f}x', w.usd / w.usual_usd) end,
        format('+${:,.2f}', w.excess_usd::double)) as change,
    w.usd as usd_of_day,
    w.usd::decimal(38, 2) as actual_usd,
    w.usual_usd::decimal(38, 2) as expected_usd,
    w.previous_usd::decimal(38, 2) as previous_usd,
    w.usd / nullif(w.usual_usd, 0) as ratio,
    w.excess_usd::decimal(38, 2) as excess_usd,
    (w.excess_usd * 30)::decimal(38, 2) as monthly_usd
from workloads as w
