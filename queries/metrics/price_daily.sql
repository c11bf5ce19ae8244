/*---
title = "What a million tokens really cost"
grain = "day x model, token_kind, service_tier, scope"
doc = "Learned from the bill: dollars over tokens. The price book stands beside it."
[columns]
usd_per_1m_tokens = "effective rate, USD"
book_usd_per_1m_tokens = "list price of the shipped or your own price book; NULL where it has none"
---*/
with rates as (
    select day, model, token_kind, service_tier, scope, sum(tokens)::bigint as tokens, sum(gross_usd) as gross_usd
    from attributed
    where cost_class = 'usage' and tokens > 0 and charge in ('inference', 'rerank')
    group by all
),

book as (   -- of several ids of one model the plain one, then us. (it sorts after the other geographies)
    select model, token_kind, service_tier, scope,
        arg_min(usd_per_1m_tokens, (length(model_id), -ascii(model_id), model_id)) as book_usd_per_1m_tokens
    from book_prices
    group by all
)

select r.*, (gross_usd * 1000000 / tokens)::decimal(38, 9) as usd_per_1m_tokens, b.book_usd_per_1m_tokens
from rates as r
left join book as b
    on b.model = r.model and b.token_kind = r.token_kind and b.service_tier = r.service_tier
    and b.scope = case when r.scope = 'global' then 'global' else 'region' end
