/*---
title = "Cost per query"
grain = "day x workload"
doc = "The bill counts no requests, so queries come from CloudWatch: Bedrock invocations, or the workload's own unit ([[workloads]] unit). Dollars of resources whose requests nobody counted stay out of the ratio, and coverage says how many."
[columns]
queries = "NULL where nobody counts them"
usd_per_query = "dollars of counted resources over queries"
query_source = "where queries come from"
coverage = "share of the workload's dollars whose requests are counted, 0 to 1"
usd_per_1m_tokens = "gross dollars of token lines per million tokens"
calls_per_query = "Bedrock invocations per query: 1 by definition, or how many model calls one unit takes"
---*/
with spend as (
    select day, workload, account_id, coalesce(nullif(split_part(resource_id, ':', 4), ''), region) as region, resource,
        sum(gross_usd) as gross_usd, sum(tokens) as tokens,
        sum(gross_usd) filter (tokens is not null) as token_usd
    from attributed
    where is_spend
    group by all
),

calls as (
    select day, workload, account_id, region, resource, sum(requests) as requests
    from requests_hourly
    where namespace in ('AWS/Bedrock', 'AWS/BedrockMantle') and workload is not null and requests is not null
    group by all
),

covered as (
    select s.day, s.workload, sum(s.gross_usd) as gross_usd, sum(s.tokens) as tokens, sum(s.token_usd) as token_usd,
        sum(c.requests) as calls,
        sum(s.gross_usd) filter (c.requests is not null) as counted_usd
    from spend as s
    left join calls as c using (day, workload, account_id, region, resource)
    group by all
),

named_so as (   -- what bears the unit's name, and whether it is where the workload spends; an ARN says where it is
    select r.day, u.workload, u.namespace, r.requests,
        exists (from spend as s where s.workload = u.workload and s.account_id = r.account_id) as near
    from registry as u
    join requests_hourly as r
        on r.namespace = u.namespace and r.resource = regexp_extract(u.resource, '[^/:]+$')
    where u.resource not like 'arn:%' or [r.region, r.account_id] = string_split(u.resource, ':')[4:5]
),

own_units as (
    select day, workload, namespace, coalesce(sum(requests) filter (near), sum(requests)) as units
    from named_so
    group by all
)

select day, workload,
    coalesce(o.units, case when u.workload is null then c.calls end)::bigint as queries,
    coalesce(u.namespace, 'AWS/Bedrock') as query_source,
    (case when u.workload is null then c.counted_usd else c.gross_usd end
        / nullif(coalesce(o.units, case when u.workload is null then c.calls end), 0))::double as usd_per_query,
    (case when u.workload is null then coalesce(c.counted_usd, 0) when o.units is null then 0 else c.gross_usd end
        / nullif(c.gross_usd, 0))::double as coverage,
    (c.token_usd * 1000000 / nullif(c.tokens, 0))::double as usd_per_1m_tokens,
    case
        when u.workload is not null then c.calls / nullif(o.units, 0)
        when c.calls > 0 then 1.0
    end as calls_per_query,
    c.gross_usd
from covered as c
left join (from registry where resource is not null) as u using (workload)
left join own_units as o using (day, workload)
