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
legacy_requests = "calls of a model that AWS calls legacy: it will end; NULL where the metric LegacyModelInvocations is not streamed"
---*/
select p.hour, p.day, p.account_id, p.region, p.namespace, p.resource,
    n.workload, n.team, n.environment, n.cost_center, coalesce(n.shared, false) as shared,
    coalesce(n.model, m.model) as model, coalesce(n.family, m.family) as family, coalesce(n.tier, m.tier) as tier,
    p.requests::bigint as requests, p.input_tokens::bigint as input_tokens, p.output_tokens::bigint as output_tokens,
    p.cache_read_tokens::bigint as cache_read_tokens, p.cache_write_tokens::bigint as cache_write_tokens,
    p.errors::bigint as errors, p.throttles::bigint as throttles,
    p.legacy_requests::bigint as legacy_requests
from counted_hourly as p
left join (   -- no asof join: through that, a filter on the day does not reach the datapoints
    select *, coalesce(
        lead(since) over (partition by account_id, region, resource order by since), date '9999-12-31') as until
    from resource_names
) as n
    on n.account_id = p.account_id and n.region = p.region and n.resource = p.resource
    and p.day >= n.since and p.day < n.until
left join model_ids as m on m.model_id = p.resource
