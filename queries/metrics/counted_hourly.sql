/*---
title = "What CloudWatch counted, once, whoever told it"
grain = "hour x account, region, namespace, dimension, resource"
doc = "An hour that several sources tell, streamed and collected, or streamed twice, is one and the same: the larger count, never both. `requests_hourly` says whose it is."
[columns]
day = "UTC day of the hour"
namespace = "CloudWatch namespace"
dimension = "ModelId, FunctionName, StateMachineArn, AgentAliasArn or Project"
resource = "last part of the ARN, or the model id, as in `requests_hourly`"
requests = "Bedrock invocations, function invocations or executions started; NULL where not reported"
input_tokens = "without cache reads and writes"
output_tokens = "tokens that came back"
cache_read_tokens = "input tokens read from the cache"
cache_write_tokens = "input tokens written to the cache"
errors = "client and server errors"
throttles = "calls that AWS turned away"
legacy_requests = "calls of a model that AWS calls legacy: it will end; NULL where the metric LegacyModelInvocations is not streamed"
---*/
with told as (
    select d.source, p.hour, p.hour::date as day, p.account_id, p.region, p.namespace, p.dimension,
        regexp_extract(p.resource, '[^/:]+(?::\d+)?$') as resource,
        sum(sum) filter (metric in ('Invocations', 'Inferences', 'ExecutionsStarted')) as requests,
        sum(sum) filter (metric in ('InputTokenCount', 'TotalInputTokens', 'InputTokens')) as input_tokens,
        sum(sum) filter (metric in ('OutputTokenCount', 'TotalOutputTokens', 'OutputTokens')) as output_tokens,
        sum(sum) filter (metric = 'CacheReadInputTokenCount') as cache_read_tokens,
        sum(sum) filter (metric = 'CacheWriteInputTokenCount') as cache_write_tokens,
        sum(sum) filter (metric in ('InvocationServerErrors', 'InvocationClientErrors', 'InferenceClientErrors')) as errors,
        sum(sum) filter (metric = 'InvocationThrottles') as throttles,
        sum(sum) filter (metric = 'LegacyModelInvocations') as legacy_requests
    from datapoints as p
    join deliveries as d using (delivery_id)
    where dimension not in ('', 'ServiceTier')   -- each counts once more what the others count
    group by all
)

select hour, day, account_id, region, namespace, dimension, resource, max(requests) as requests,
    max(input_tokens) as input_tokens, max(output_tokens) as output_tokens,
    max(cache_read_tokens) as cache_read_tokens, max(cache_write_tokens) as cache_write_tokens,
    max(errors) as errors, max(throttles) as throttles, max(legacy_requests) as legacy_requests
from told
group by all
