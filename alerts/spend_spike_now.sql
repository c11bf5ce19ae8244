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

[params.noise]
value = 2.5
unit = "times"
doc = "outside production, the usual size of the workload's own misses over two weeks is exceeded by this factor too, on a logarithmic scale"

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
    select workload, days_ago, any_value(until) as until, any_value(known_days) as known_days, sum(usd) as usd,
        max(usd) as hour_usd, arg_max(hour, usd) as hour, arg_max(team, usd) as team,
        arg_max(environment, usd) as environment, arg_max(model, usd) as model
    from hours
    group by workload, days_ago
),

pasts as (
    select workload, map_from_entries(list(row(days_ago, usd))) as spent, max(days_ago) filter (usd > 0) as began_ago
    from days
    group by workload
),

usuals as (   -- of that day and of each of two weeks before it; before a week is known, nothing is usual
    select d.*, p.spent, p.began_ago, list_transform(range(15), lambda n: case when known_days > n + 7 then greatest(
            list_median(list_transform(range(n + 1, n + 8), lambda ago: coalesce(spent[ago], 0))),
            list_median(list_transform([n + 7, n + 14, n + 21],
                lambda ago: case when known_days > ago then coalesce(spent[ago], 0) end))) end) as usuals
    from days as d
    join pasts as p using (workload)
    where d.days_ago = 0
),

misses as (   -- of the days of which the workload itself has a week before
    select * exclude (spent, began_ago, usuals), usuals[1] as usual_usd,
        coalesce(list_contains((select production from settings), environment), false) as is_production,
        miss(usd, usuals[1]) as miss,
        list_transform(range(1, least(15, began_ago - 6)), lambda n: abs(miss(coalesce(spent[n], 0), usuals[n + 1]))) as sizes
    from usuals
),

jumps as (
    select *, usd - coalesce(usual_usd, 0) as excess_usd,
        $max_hour_usd > 0 and hour_usd > $max_hour_usd as over_cap
    from misses
    where ($max_hour_usd > 0 and hour_usd > $max_hour_usd)
        or (usd >= $ratio * usual_usd
            and usd - usual_usd >= case when usual_usd > 0 then $min_usd else $min_new_usd end
            and (is_production or miss >= $noise * usual_miss(sizes)))
)

select
    workload as subject,
    case when over_cap then greatest(excess_usd, hour_usd) else excess_usd end::decimal(38, 2) as usd,
    case when is_production then 'page' else 'warn' end as severity,
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
