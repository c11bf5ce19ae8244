/*---
title = "Calls of models, as the invocation log has them"
grain = "hour x account, region, resource, principal, metadata, service tier"
doc = """
One row per caller and model: who called, with which request metadata, how often and how large.
Quantiles are of calls that bear token counts, and within 2.5% of the exact ones; the largest call is exact.
"""
[columns]
resource = "last part of the ARN, or the model id: what CloudWatch calls ModelId"
workload = "by the request metadata, the resource's tags or the caller, as on the bill; (untagged) where nobody says"
principal = "who called: the role of an assumed-role session, a user; NULL where the log does not say"
metadata = "request metadata: the keys that [tags] looks for, and those that the source adds"
service_tier = "as the log has it; `latency` where latency was optimised; NULL where it does not say"
calls = "calls that were logged, errors included"
errors = "calls that ended in an error, throttles included"
throttles = "calls that AWS turned away"
counted = "calls that bear token counts"
sessions = "distinct sessions (or users); one that uses two operations counts twice; NULL where nobody is named"
max_calls_per_session = "the most calls of one session within the hour"
input_tokens = "without cache reads and writes; NULL where no call bears the count"
output_tokens = "tokens that came back"
cache_read_tokens = "input tokens read from the cache"
cache_write_tokens = "input tokens written to the cache"
calls_per_session = "calls / sessions"
input_p50 = "median input of a call, cache reads and writes included"
input_p95 = "95 of 100 calls have no more"
input_p99 = "99 of 100 calls have no more"
input_max = "input of the largest call"
output_p50 = "median output of a call"
output_p95 = "95 of 100 calls have no more"
output_p99 = "99 of 100 calls have no more"
output_max = "output of the largest call"
input_sizes = "calls by size, as a list that can be joined to others: size 0 is no token, n is round(1.05 ** (n - 1))"
output_sizes = "the same of the output"
---*/
with called as (
    select hour, account_id, region, model_id, regexp_extract(model_id, '[^/:]+(?::\d+)?$') as resource, principal,
        metadata, service_tier,
        sum(calls)::bigint as calls,
        coalesce(sum(calls) filter (error is not null), 0)::bigint as errors,
        coalesce(sum(calls) filter (error like '%Throttl%'), 0)::bigint as throttles,
        sum(counted)::bigint as counted,
        coalesce(sum(sessions) filter (error is null), max(sessions))::bigint as sessions,
        max(max_calls_per_session) as max_calls_per_session,
        sum(input_tokens)::bigint as input_tokens,
        sum(output_tokens)::bigint as output_tokens,
        sum(cache_read_tokens)::bigint as cache_read_tokens,
        sum(cache_write_tokens)::bigint as cache_write_tokens,
        max(max_input_tokens) as input_max,
        max(max_output_tokens) as output_max,
        list_sort(flatten(list(map_entries(input_sizes)) filter (input_sizes is not null))) as input_sizes,
        list_sort(flatten(list(map_entries(output_sizes)) filter (output_sizes is not null))) as output_sizes
    from calls
    group by hour, account_id, region, model_id, principal, metadata, service_tier
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

select c.hour, c.hour::date as day, c.account_id, c.region, c.resource, i.workload, i.team, i.environment, i.cost_center,
    coalesce(n.model, m.model, k.model) as model, coalesce(n.family, m.family) as family,
    coalesce(n.tier, m.tier) as tier, c.principal, c.metadata, c.service_tier,
    c.calls, c.errors, c.throttles, c.counted,
    c.sessions, c.calls / c.sessions as calls_per_session, c.max_calls_per_session,
    c.input_tokens, c.output_tokens, c.cache_read_tokens, c.cache_write_tokens,
    c.input_tokens_at[1] as input_p50, c.input_tokens_at[2] as input_p95, c.input_tokens_at[3] as input_p99,
    c.input_max,
    c.output_tokens_at[1] as output_p50, c.output_tokens_at[2] as output_p95, c.output_tokens_at[3] as output_p99,
    c.output_max, c.input_sizes, c.output_sizes
from told as c
left join (
    select day, account_id, region, model_id, principal, metadata, min(identity_id) as identity_id,
        any_value(model) as model
    from callers
    group by all
) as k
    on k.day = c.hour::date and k.account_id = c.account_id and k.region = c.region and k.model_id = c.model_id
    and k.principal is not distinct from c.principal and k.metadata = c.metadata
left join identities as i using (identity_id)
asof left join resource_names as n
    on n.account_id = c.account_id and n.region = c.region and n.resource = c.resource and c.hour::date >= n.since
left join model_ids as m on m.model_id = c.model_id
