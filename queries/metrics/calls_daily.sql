/*---
title = "Calls of models by day"
grain = "day x account, region, resource, model, principal, metadata, service tier"
doc = """
Every number is that of `calls_hourly`, over a day: sums of sums, quantiles of all its calls.
A session that lasts over several hours counts in each of them.
"""
[columns]
resource = "last part of the ARN, or the model id: what CloudWatch calls ModelId"
workload = "by the request metadata, the resource's tags or the caller, as on the bill; (untagged) where nobody says"
principal = "who called: the role of an assumed-role session, a user; NULL where the log does not say"
metadata = "request metadata: the keys that [tags] looks for, and those that the source adds"
service_tier = "as the log has it; NULL where it does not say"
calls = "calls that were logged, errors included"
errors = "calls that ended in an error, throttles included"
throttles = "calls that AWS turned away"
counted = "calls that bear token counts"
session_hours = "distinct sessions (or users) of each hour, added up; NULL where nobody is named"
calls_per_session_hour = "calls / session_hours"
max_calls_per_session = "the most calls of one session within an hour"
input_tokens = "without cache reads and writes; NULL where no call bears the count"
output_tokens = "tokens that came back"
cache_read_tokens = "input tokens read from the cache"
cache_write_tokens = "input tokens written to the cache"
output_to_input = "output tokens / all input tokens, cache reads and writes included"
input_p50 = "median input of a call, cache reads and writes included"
input_p95 = "95 of 100 calls have no more"
input_p99 = "99 of 100 calls have no more"
input_max = "input of the largest call"
output_p50 = "median output of a call"
output_p95 = "95 of 100 calls have no more"
output_p99 = "99 of 100 calls have no more"
output_max = "output of the largest call"
---*/
with called as (
    select day, account_id, region, resource, workload, team, environment, cost_center, model, family, tier, principal,
        metadata, service_tier,
        sum(calls)::bigint as calls,
        sum(errors)::bigint as errors,
        sum(throttles)::bigint as throttles,
        sum(counted)::bigint as counted,
        sum(sessions)::bigint as session_hours,
        max(max_calls_per_session) as max_calls_per_session,
        sum(input_tokens)::bigint as input_tokens,
        sum(output_tokens)::bigint as output_tokens,
        sum(cache_read_tokens)::bigint as cache_read_tokens,
        sum(cache_write_tokens)::bigint as cache_write_tokens,
        max(input_max) as input_max,
        max(output_max) as output_max,
        list_sort(flatten(list(input_sizes) filter (input_sizes is not null))) as input_sizes,
        list_sort(flatten(list(output_sizes) filter (output_sizes is not null))) as output_sizes
    from calls_hourly
    group by all
),

summed as (
    select *, list_sum(list_transform(input_sizes, lambda e: e.value)) as input_counted,
        list_sum(list_transform(output_sizes, lambda e: e.value)) as output_counted
    from called
),

ranked as (   -- the size at which so many calls are reached, walking up the sizes
    select *,
        list_transform([0.5, 0.95, 0.99], lambda q: list_reduce(input_sizes, lambda a, b:
            case when a.value >= q * input_counted then a
                else struct_pack(key := b.key, value := a.value + b.value) end).key) as input_at,
        list_transform([0.5, 0.95, 0.99], lambda q: list_reduce(output_sizes, lambda a, b:
            case when a.value >= q * output_counted then a
                else struct_pack(key := b.key, value := a.value + b.value) end).key) as output_at
    from summed
),

told as (
    select *,
        list_transform(input_at, lambda n: case
            when n = 0 then 0 else least(round(1.05 ** (n - 1))::bigint, input_max) end) as input_tokens_at,
        list_transform(output_at, lambda n: case
            when n = 0 then 0 else least(round(1.05 ** (n - 1))::bigint, output_max) end) as output_tokens_at
    from ranked
)

select day, account_id, region, resource, workload, team, environment, cost_center, model, family, tier, principal,
    metadata, service_tier,
    calls, errors, throttles, counted, session_hours, calls / session_hours as calls_per_session_hour,
    max_calls_per_session, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
    output_tokens / nullif(input_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0), 0)
        as output_to_input,
    input_tokens_at[1] as input_p50, input_tokens_at[2] as input_p95, input_tokens_at[3] as input_p99, input_max,
    output_tokens_at[1] as output_p50, output_tokens_at[2] as output_p95, output_tokens_at[3] as output_p99,
    output_max
from told
