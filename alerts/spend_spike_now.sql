/*---
title = "Spend jumps right now"
severity = "warn"
headline = "{workload}: about {actual_usd:usd} in 24 hours, {against}"
summary = "{workload} spent about {actual_usd:usd} in the 24 hours to {until:%d %b %H:%M} UTC ({model}), {against}; its dearest hour, from {hour:%H:%M}, cost about {hour_usd:usd}. Estimated from tokens; the bill will confirm or correct it."
why = "The bill knows a day late: by then a loop has burnt half of what it will ever burn. Tokens are known within the hour."
next_step = "Ask {owner} what is running; if nobody knows, take the caller's right to bedrock:InvokeModel, or set the function's concurrency to 0."
needs = ["hours"]
clock = "now"
yields_to = { spend_spike = 1 }

[params.ratio]
value = 3.0
unit = "times"
doc = "what the same 24 hours usually cost is exceeded by this factor: the median of 7, 14 and 21 days before, or of the last seven days where that is more"

[params.min_usd]
value = 25
unit = "USD"
doc = "over the usual"

[params.min_new_usd]
value = 100
unit = "USD"
doc = "in 24 hours, of a workload of which nothing is usual"

[params.max_hour_usd]
value = 0
unit = "USD"
doc = "an hour that costs more fires, whatever was usual, and needs no history; 0 sets none"
---*/
with ends as (
    select least(max(hour) + interval 1 hour, date_trunc('hour', $now::timestamp)) as until, min(hour) as since
    from priced_hourly
    where hour < date_trunc('hour', $now::timestamp)
),

hours as (
    select coalesce(p.workload, '(shared)') as workload, p.hour, any_value(e.until) as until,
        any_value(date_diff('hour', e.since, e.until)) // 24 as known_days,
        (date_diff('hour', p.hour, any_value(e.until)) - 1) // 24 as days_ago,
        sum(p.estimated_usd)::double as usd, arg_max(p.team, p.estimated_usd) as team,
        arg_max(p.environment, p.estimated_usd) as environment, arg_max(p.model, p.estimated_usd) as model
    from priced_hourly as p
    cross join ends as e
    where p.hour < e.until
    group by coalesce(p.workload, '(shared)'), p.hour
),

days as (   -- of 24 hours each, counted back from the last hour that is known
    select workload, any_value(until) as until, any_value(known_days) as known_days,
        sum(usd) filter (days_ago = 0) as usd,
        max(usd) filter (days_ago = 0) as hour_usd,
        arg_max(hour, usd) filter (days_ago = 0) as hour,
        arg_max(team, usd) filter (days_ago = 0) as team,
        arg_max(environment, usd) filter (days_ago = 0) as environment,
        arg_max(model, usd) filter (days_ago = 0) as model,
        [coalesce(sum(usd) filter (days_ago = 1), 0), coalesce(sum(usd) filter (days_ago = 2), 0),
            coalesce(sum(usd) filter (days_ago = 3), 0), coalesce(sum(usd) filter (days_ago = 4), 0),
            coalesce(sum(usd) filter (days_ago = 5), 0), coalesce(sum(usd) filter (days_ago = 6), 0),
            coalesce(sum(usd) filter (days_ago = 7), 0)] as lately,
        [coalesce(sum(usd) filter (days_ago = 7), 0),
            case when any_value(known_days) > 14 then coalesce(sum(usd) filter (days_ago = 14), 0) end,
            case when any_value(known_days) > 21 then coalesce(sum(usd) filter (days_ago = 21), 0) end] as same_weekday
    from hours
    group by workload
    having sum(usd) filter (days_ago = 0) > 0
),

usuals as (   -- before a week is known, nothing is usual
    select *, case when known_days > 7 then greatest(list_median(lately), list_median(same_weekday)) end as usual_usd
    from days
),

jumps as (
    select *, usd - coalesce(usual_usd, 0) as excess_usd,
        $max_hour_usd > 0 and hour_usd > $max_hour_usd as over_cap
    from usuals
    where ($max_hour_usd > 0 and hour_usd > $max_hour_usd)
        or (usd >= $ratio * usual_usd
            and usd - usual_usd >= case when usual_usd > 0 then $min_usd else $min_new_usd end)
)

select
    workload as subject,
    case when over_cap then greatest(excess_usd, hour_usd) else excess_usd end::decimal(38, 2) as usd,
    case when environment in (select unnest(production) from settings) then 'page' else 'warn' end as severity,
    workload, team, environment, model,
    'estimated' as basis,
    owner_of(team, workload) as owner,
    $day as day,
    'up' as direction,
    until, hour, hour_usd,
    case
        when usual_usd > 0 and usd >= $ratio * usual_usd
            then format('{:.1f}x the usual ${:,.2f}', usd / usual_usd, usual_usd)
        when over_cap then format('with an hour over the cap of ${:,.2f}', $max_hour_usd::double)
        else 'out of nothing'
    end as against,
    usd::decimal(38, 2) as actual_usd,
    usual_usd::decimal(38, 2) as expected_usd
from jumps
