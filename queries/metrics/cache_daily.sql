/*---
title = "Prompt caching: hit rate and what it saves"
grain = "day x workload, model"
doc = "Input, cache reads and cache writes are counted apart by AWS, so the whole input is their sum. Ratios of groups are ratios of sums."
[columns]
hit_rate = "read / (input + read + write), 0 to 1"
read_share = "read / (read + input): ignores writes, as other tools show it"
net_saving_usd = "what reads saved against the input rate, less what writes cost above it; negative when caching costs money; NULL where no input rate, or no number of tokens, is known"
uses_cache = "whether the day has any read or write"
input_tokens = "input tokens neither read from nor written to the cache"
read_tokens = "input tokens read from the cache"
write_tokens = "input tokens written to it, of any lifetime"
input_usd = "USD of all input: fresh, read from and written to the cache"
---*/
with parts as (
    select day, workload, model, service_tier, scope,
        coalesce(sum(tokens) filter (token_kind = 'input'), 0) as input_tokens,
        coalesce(sum(tokens) filter (token_kind = 'cache_read'), 0) as read_tokens,
        coalesce(sum(tokens) filter (token_kind like 'cache_write%'), 0) as write_tokens,
        coalesce(sum(gross_usd) filter (token_kind = 'cache_read'), 0) as read_usd,
        coalesce(sum(gross_usd) filter (token_kind like 'cache_write%'), 0) as write_usd,
        coalesce(sum(gross_usd) filter (token_kind in ('input', 'cache_read') or token_kind like 'cache_write%'), 0)
            as input_usd,
        bool_or(tokens is null and (token_kind = 'cache_read' or token_kind like 'cache_write%')) as unknown
    from attributed
    where cost_class = 'usage' and charge = 'inference'
    group by all
),

input_rates as (   -- a rate holds until the next day that shows another
    select day, model, service_tier, scope, usd_per_1m_tokens
    from price_daily
    where token_kind = 'input'
),

priced as (
    select p.*, r.usd_per_1m_tokens
    from parts as p
    asof left join input_rates as r
        on r.model = p.model and r.service_tier = p.service_tier and r.scope = p.scope and r.day <= p.day
)

select day, workload, model,
    sum(input_tokens)::bigint as input_tokens,
    sum(read_tokens)::bigint as read_tokens,
    sum(write_tokens)::bigint as write_tokens,
    sum(input_usd) as input_usd,
    sum(read_tokens) / nullif(sum(input_tokens + read_tokens + write_tokens), 0) as hit_rate,
    sum(read_tokens) / nullif(sum(input_tokens + read_tokens), 0) as read_share,
    case
        when bool_and(not unknown and (usd_per_1m_tokens is not null or read_tokens + write_tokens = 0))
            then sum(coalesce((read_tokens + write_tokens) * usd_per_1m_tokens / 1000000, 0) - read_usd - write_usd)
    end::decimal(38, 12) as net_saving_usd,
    sum(read_tokens + write_tokens) > 0 as uses_cache
from priced
group by all
having sum(input_tokens + read_tokens + write_tokens) > 0
