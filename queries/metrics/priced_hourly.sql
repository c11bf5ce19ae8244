/*---
title = "Requests and tokens at learned rates"
grain = "hour x account, region, resource; and workload, team, environment where the log says who called"
doc = "The last 35 days that CloudWatch reaches, or the invocation log for accounts and regions that CloudWatch does not tell of, priced as they could have been on their day: at the rates of the bill's 28 days before the day before. The most specific rate wins: of this resource, of the model in this account at this scope, of the model in this account, of the model anywhere, of the price book. Capacity that is paid by the hour is not here: its tokens cost nothing more."
[columns]
resource = "last part of the ARN, or the model id, as CloudWatch's ModelId"
shared = "several workloads use the resource and nothing says who called, or nobody is known: no workload"
requests = "NULL where not reported"
tokens = "input, output and cache tokens; NULL where none was reported"
unpriced_tokens = "of these, tokens that no rate is known for: their dollars are unknown and not in estimated_usd"
estimated_usd = "tokens at their rates, USD"
namespace = "AWS/Bedrock or AWS/BedrockMantle; log where the invocation log counted"
rate_source = "the least specific rate in the sum: resource, account, model or book; none where nothing was priced"
workload = "that the resource belongs to; NULL where several share it or nobody is known"
---*/
with told as (
    select hour, day, account_id, region, namespace, resource, workload, team, environment, cost_center, shared,
        model, family, tier, requests, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens
    from requests_hourly
    where namespace in ('AWS/Bedrock', 'AWS/BedrockMantle')
    union all by name
    select hour, day, account_id, region, 'log' as namespace, resource, nullif(workload, '(untagged)') as workload,
        team, environment, cost_center, false as shared, model, family, tier, sum(calls)::bigint as requests,
        sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens,
        sum(cache_read_tokens)::bigint as cache_read_tokens, sum(cache_write_tokens)::bigint as cache_write_tokens
    from calls_hourly
    where (account_id, region) not in (
        select (account_id, region) from counted_hourly where namespace in ('AWS/Bedrock', 'AWS/BedrockMantle')
    )
    group by all
),

counted as (
    select *, (shared or workload is null) as nobodys,
        case
            when resource like 'global.%' then 'global'
            when regexp_matches(resource, '^(us|us-gov|eu|apac|jp|au|ca|sa|me|af)\.') then 'geo'
            when contains(resource, '.') then 'region'
        end as scope
    from told
    where day > greatest((select max(hour) from datapoints), (select max(hour) from calls))::date - 35
        and resource not in (select regexp_extract(arn, '[^/:]+$') from throughputs)
),

metered as (   -- a row without tokens is still a row with requests
    select *
    from counted
    unpivot include nulls (tokens for direction in (
        input_tokens as 'input', output_tokens as 'output', cache_read_tokens as 'cache_read',
        cache_write_tokens as 'cache_write'
    ))
),

learned as (
    select day, account_id, region, resource, model, scope,
        case when token_kind like 'cache_write%' then 'cache_write' else token_kind end as direction,
        sum(gross_usd) as usd, sum(tokens)::double as tokens
    from attributed
    where cost_class = 'usage' and charge = 'inference' and tokens > 0
        and (token_kind in ('input', 'output', 'cache_read') or token_kind like 'cache_write%')
    group by all
),

days as (
    select distinct day from metered
),

recent as (   -- NULL in a key: over all of them
    select d.day, l.direction, l.model, l.account_id, l.scope, l.region, l.resource,
        sum(l.usd)::double / sum(l.tokens) as rate
    from days as d
    join learned as l on l.day between d.day - 28 and d.day - 2
    group by grouping sets (
        (d.day, l.direction, l.account_id, l.region, l.resource),
        (d.day, l.direction, l.account_id, l.model, l.scope),
        (d.day, l.direction, l.account_id, l.model),
        (d.day, l.direction, l.model)
    )
),

book as (   -- the five-minute price of cache writes: CloudWatch does not tell their lifetime
    select model, scope, case when token_kind = 'cache_write_5m' then 'cache_write' else token_kind end as direction,
        arg_min(usd_per_1m_tokens, (length(model_id), -ascii(model_id), model_id))::double / 1000000 as rate
    from book_prices
    where service_tier = 'standard' and token_kind in ('input', 'output', 'cache_read', 'cache_write_5m')
    group by all
),

rated as (
    select m.*,
        coalesce(r1.rate, r2.rate, r3.rate, r4.rate, b.rate) as rate,
        case
            when r1.rate is not null then 1 when coalesce(r2.rate, r3.rate) is not null then 2
            when r4.rate is not null then 3 when b.rate is not null then 4
        end as distance
    from metered as m
    left join recent as r1 on r1.model is null and r1.day = m.day and r1.direction = m.direction
        and r1.account_id = m.account_id and r1.region = m.region and r1.resource = m.resource
    left join recent as r2 on r2.scope is not null and r2.day = m.day and r2.direction = m.direction
        and r2.account_id = m.account_id and r2.model = m.model and r2.scope = m.scope
    left join recent as r3 on r3.scope is null and r3.resource is null and r3.day = m.day
        and r3.direction = m.direction and r3.account_id = m.account_id and r3.model = m.model
    left join recent as r4 on r4.account_id is null and r4.day = m.day and r4.direction = m.direction
        and r4.model = m.model
    left join book as b on b.model = m.model and b.direction = m.direction
        and b.scope = case when m.scope = 'global' then 'global' else 'region' end
)

select hour, day, account_id, region, namespace, resource, workload, team, environment, cost_center,
    nobodys as shared, model, family, tier, requests, sum(tokens)::bigint as tokens,
    coalesce(sum(tokens) filter (rate is null), 0)::bigint as unpriced_tokens,
    coalesce(sum(tokens * rate), 0)::decimal(24, 12) as estimated_usd,
    coalesce(['resource', 'account', 'model', 'book'][max(distance) filter (tokens is not null)], 'none') as rate_source
from rated
group by all
