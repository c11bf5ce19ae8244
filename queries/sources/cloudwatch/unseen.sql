/*---
title = "What an account's own total has beyond its models"
doc = "The total counts calls with client errors, which no model does (measured by others in 2026-09); tokens are exact."
---*/
with total as (
    select account_id, region,
        sum(sum) filter (dimension = '' and metric = 'Invocations') as calls,
        coalesce(sum(sum) filter (dimension = '' and metric = 'InvocationClientErrors'), 0) as errors,
        coalesce(sum(sum) filter (dimension = 'ModelId' and metric = 'Invocations'), 0) as known_calls,
        sum(sum) filter (dimension = '' and metric in ('InputTokenCount', 'OutputTokenCount')) as tokens,
        coalesce(sum(sum) filter (dimension = 'ModelId' and metric in ('InputTokenCount', 'OutputTokenCount')), 0)
            as known_tokens
    from datapoints
    where namespace = 'AWS/Bedrock'
    group by all
),

beyond as (
    select account_id, region,
        case when calls > known_calls then greatest(calls - known_calls - errors, 0) else calls - known_calls end
            as calls,
        tokens - known_tokens as tokens
    from total
)

select account_id, region, coalesce(calls, 0)::bigint as calls, coalesce(tokens, 0)::bigint as tokens
from beyond
where calls <> 0 or tokens <> 0
