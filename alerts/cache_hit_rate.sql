/*---
title = "Prompt cache misses"
severity = "warn"
headline = "{workload} reads only {hit_rate:.0%} of its input from the cache"
summary = "{workload} / {model} reads {hit_rate:.0%} of its input from the cache over {window_days} days (the weeks before: {usual_rate:.0%}; the bound is {min_rate:.0%}); caching nets {net_saving_usd:usd} and about {usd:usd} of input could have been read."
why = "A cache that is written and not read costs more than no cache. Usually something that changes with every call (a date, an id, a shuffled list) slipped in front of the cached part of the prompt."
next_step = "Diff the prompt template of {workload} since {since:%d %b}: move what changes behind the last cache point, and watch hit_rate in cache_daily."
needs = ["bill"]
explains = true

[params.min_rate]
value = 0.6
unit = "share of input"
doc = "read / (input + read + write) below this fires where caching is in use"

[params.min_usd]
value = 5
unit = "USD"
doc = "a day, on average: what better caching would save, or what caching loses"

[params.window_days]
value = 3
unit = "days"
doc = "days looked at together"

[params.min_share]
value = 0.05
unit = "share of input"
doc = "caching is in use when reads and writes are at least this share of input"
---*/
with daily as (
    from cache_daily where day between $day - 34 and $day
),

windows as (
    select workload, model,
        sum(input_tokens) filter (day > $day - $window_days) as input_tokens,
        sum(read_tokens) filter (day > $day - $window_days) as read_tokens,
        sum(write_tokens) filter (day > $day - $window_days) as write_tokens,
        sum(input_usd) filter (day > $day - $window_days) as input_usd,
        sum(net_saving_usd) filter (day > $day - $window_days) as net_saving_usd,
        sum(read_tokens) filter (day <= $day - $window_days)
            / nullif(sum(input_tokens + read_tokens + write_tokens) filter (day <= $day - $window_days), 0) as usual_rate
    from daily
    group by all
),

rates as (
    select *, input_tokens + read_tokens + write_tokens as tokens,
        read_tokens / nullif(input_tokens + read_tokens + write_tokens, 0) as hit_rate
    from windows
),

stakes as (
    select *, greatest(
        input_usd * greatest(coalesce(usual_rate, $min_rate) - hit_rate, 0) * 0.9,   -- a read costs about a tenth
        -net_saving_usd
    ) as stake_usd
    from rates
),

owners as (
    select workload, model, arg_max(team, gross_usd) as team, arg_max(environment, gross_usd) as environment,
        if(bool_and(basis = 'final'), 'final', 'provisional') as basis
    from spend_daily
    where day between $day - $window_days + 1 and $day
    group by all
)

select
    concat_ws(' / ', r.workload, r.model) as subject,
    r.stake_usd::decimal(38, 2) as usd,
    r.workload, r.model, o.team, o.environment, o.basis,
    r.hit_rate, r.usual_rate, $min_rate as min_rate, $window_days as window_days,
    r.net_saving_usd::decimal(38, 2) as net_saving_usd,
    r.input_usd::decimal(38, 2) as input_usd,
    $day - $window_days::integer + 1 as since
from stakes as r
left join owners as o using (workload, model)
where r.read_tokens + r.write_tokens >= $min_share * r.tokens
    and r.stake_usd >= $min_usd * $window_days
    and (r.hit_rate < $min_rate or r.net_saving_usd < 0)
