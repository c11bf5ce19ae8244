/*---
title = "Calls run away"
severity = "page"
headline = "{workload}: {times:.0f} times the usual {measure}"
summary = "{workload} made {calls:,} calls in {hours} hour(s) of {day:%d %b}, from {since:%H:%M} UTC: up to {most:,.0f} {measure}, {times:.0f} times a busy hour's {usual:,.0f}. These hours cost {usd:usd}; {state}."
why = "An agent that cannot finish calls its model until somebody stops it, at any hour; a day's sum hides it until the bill comes."
next_step = "Ask {owner} whether the loop has ended; if not, take the caller's right to bedrock:InvokeModel, or set the function's concurrency to 0. Then bound the turns of one task."
needs = ["bill", "metrics"]
explains = true
days = 3

[params.ratio]
value = 20.0
unit = "times"
doc = "a busy hour of the four weeks before is exceeded by this factor"

[params.min_calls]
value = 100
unit = "calls"
doc = "an hour with fewer is no loop"

[params.min_usd]
value = 25
unit = "USD"
doc = "what the hours that run away cost, where that is known"
---*/
with counted as (
    select workload, hour, sum(requests)::double as calls,
        sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0) + coalesce(cache_read_tokens, 0)
            + coalesce(cache_write_tokens, 0))::double as tokens
    from requests_hourly
    where day between $day - 28 and $day and workload is not null and namespace in ('AWS/Bedrock', 'AWS/BedrockMantle')
    group by workload, hour
),

units as (
    select u.workload, r.hour, sum(r.requests) as queries
    from registry as u
    join requests_hourly as r on r.namespace = u.namespace and r.resource = regexp_extract(u.resource, '[^/:]+$')
    where u.resource is not null and r.day between $day - 28 and $day
    group by all
),

sessions as (   -- of callers that the invocation log tells apart
    select workload, hour, sum(calls)::double as calls, max(max_calls_per_session)::double as value
    from calls_hourly
    where day between $day - 28 and $day and max_calls_per_session is not null
    group by workload, hour
),

measured as (   -- by the turn where turns are counted, so that more customers are no loop; else by the hour
    select c.workload, c.hour, c.calls, 'calls a query' as measure, c.calls / greatest(q.queries, 1) as value
    from counted as c
    left join units as q using (workload, hour)
    where c.workload in (select workload from units)
    union all
    select c.workload, c.hour, c.calls, 'tokens a query', c.tokens / greatest(q.queries, 1)
    from counted as c
    left join units as q using (workload, hour)
    where c.workload in (select workload from units)
    union all
    select workload, hour, calls, 'calls a session', value from sessions
    union all
    select workload, hour, calls, 'calls an hour', calls
    from counted as c   -- a session of nobody's is in the log as well
    where not exists (from units as u where u.workload = c.workload)
        and not exists (from sessions as s where s.workload = c.workload)
),

peaks as (
    select workload, measure, hour::date as day, max(value) as value
    from measured
    where hour::date < $day
    group by all
),

usual as (   -- the third-highest day: one loop does not hide the next, a weekly batch is usual
    select workload, measure, list_reverse_sort(list(value))[3] as value
    from peaks
    where value is not null
    group by all
),

bursts as (
    select m.workload, m.measure, any_value(u.value) as usual, max(m.value) as most, max(m.value / u.value) as times,
        list(m.hour order by m.hour) as at, sum(m.calls)::bigint as calls
    from measured as m
    join usual as u using (workload, measure)
    where m.hour::date = $day and u.value > 0 and m.value >= $ratio * u.value and m.calls >= $min_calls
    group by m.workload, m.measure
    qualify row_number() over (partition by m.workload order by times desc, m.measure) = 1
),

bill as (
    select workload, hour, sum(gross_usd) as usd, arg_max(team, gross_usd) as team,
        arg_max(environment, gross_usd) as environment, arg_max(model, gross_usd) as model,
        arg_max(account_id, gross_usd) as account_id, bool_and(basis = 'final') as final
    from attributed
    where day = $day and cost_class = 'usage'
    group by workload, hour
),

costs as (
    select b.workload, sum(l.usd) filter (list_contains(b.at, l.hour)) as usd,
        max(date_part('hour', l.hour)) > 0 as tells_hours,   -- an export by the day puts all at midnight
        arg_max(l.team, l.usd) as team, arg_max(l.environment, l.usd) as environment, arg_max(l.model, l.usd) as model,
        arg_max(l.account_id, l.usd) as account_id, bool_and(l.final) as final
    from bursts as b
    join bill as l using (workload)
    group by b.workload
),

ends as (
    select max(hour) as hour from requests_hourly where namespace in ('AWS/Bedrock', 'AWS/BedrockMantle')
)

select
    b.workload as subject,
    case when c.tells_hours then c.usd end::decimal(38, 2) as usd,
    b.workload, c.team, c.environment, c.model, c.account_id,
    case when c.final then 'final' else 'provisional' end as basis,
    owner_of(c.team, b.workload) as owner,
    $day as day, b.measure, b.usual, b.most, b.times, b.calls,
    len(b.at) as hours, b.at[1] as since, b.at[-1] as last_hour,
    case when b.at[-1] >= e.hour - interval 1 hour then 'nobody has seen it end'
        else 'the last of them began at ' || strftime(b.at[-1], '%H:%M') end as state
from bursts as b
cross join ends as e
left join costs as c using (workload)
where c.tells_hours is not true or coalesce(c.usd, 0) >= $min_usd
