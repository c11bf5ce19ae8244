/*---
title = "Requests and tokens as CloudWatch counts them"
grain = "hour x account, region, resource"
doc = "Minutes behind, where the bill is a day behind. A resource that several workloads share has no workload."
[columns]
resource = "last part of the ARN, or the model id: what CloudWatch calls ModelId, FunctionName or StateMachineArn"
requests = "Bedrock invocations, function invocations or executions started; NULL where not reported"
input_tokens = "without cache reads and writes"
namespace = "CloudWatch namespace: AWS/Bedrock, AWS/BedrockMantle, AWS/Lambda or AWS/States"
workload = "that the resource belongs to; NULL where several share it or nobody is known"
shared = "several workloads use the resource"
output_tokens = "tokens that came back"
cache_read_tokens = "input tokens read from the cache"
cache_write_tokens = "input tokens written to the cache"
errors = "client and server errors"
throttles = "calls that AWS turned away"
---*/
with told as (
    select d.kind, p.hour, p.account_id, p.region, p.namespace, p.dimension, regexp_extract(p.resource, '[^/:]+(?::\d+)?$') as resource,
        sum(sum) filter (metric in ('Invocations', 'Inferences', 'ExecutionsStarted')) as requests,
        sum(sum) filter (metric in ('InputTokenCount', 'TotalInputTokens', 'InputTokens')) as input_tokens,
        sum(sum) filter (metric in ('OutputTokenCount', 'TotalOutputTokens', 'OutputTokens')) as output_tokens,
        sum(sum) filter (metric = 'CacheReadInputTokenCount') as cache_read_tokens,
        sum(sum) filter (metric = 'CacheWriteInputTokenCount') as cache_write_tokens,
        sum(sum) filter (metric in ('InvocationServerErrors', 'InvocationClientErrors', 'InferenceClientErrors')) as errors,
        sum(sum) filter (metric = 'InvocationThrottles') as throttles
    from datapoints as p
    join deliveries as d using (delivery_id)
    where dimension not in ('', 'ServiceTier')   -- each counts once more what the others count
    group by all
),

points as (   -- what is streamed and collected, too, is one and the same
    select hour, account_id, region, namespace, dimension, resource, max(requests) as requests,
        max(input_tokens) as input_tokens, max(output_tokens) as output_tokens,
        max(cache_read_tokens) as cache_read_tokens, max(cache_write_tokens) as cache_write_tokens,
        max(errors) as errors, max(throttles) as throttles
    from told
    group by all
)

select p.hour, p.hour::date as day, p.account_id, p.region, p.namespace, p.resource,
    n.workload, n.team, n.environment, n.cost_center, coalesce(n.shared, false) as shared,
    coalesce(n.model, m.model) as model, coalesce(n.family, m.family) as family, coalesce(n.tier, m.tier) as tier,
    p.requests::bigint as requests, p.input_tokens::bigint as input_tokens, p.output_tokens::bigint as output_tokens,
    p.cache_read_tokens::bigint as cache_read_tokens, p.cache_write_tokens::bigint as cache_write_tokens,
    p.errors::bigint as errors, p.throttles::bigint as throttles
from points as p
asof left join resource_names as n
    on n.account_id = p.account_id and n.region = p.region and n.resource = p.resource and p.hour::date >= n.since
left join model_ids as m on m.model_id = p.resource
