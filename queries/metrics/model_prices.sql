/*---
title = "What a million tokens costs now"
grain = "model, token_kind, service_tier, scope"
doc = "Learned from the last 28 days of the bill, discounts included; the price book stands beside it. `price_daily` has each day."
[columns]
usd_per_1m_tokens = "dollars over tokens of those days, USD"
book_usd_per_1m_tokens = "list price of the shipped or your own price book; NULL where it has none"
gross_usd = "dollars that the rate is learned from"
tokens = "tokens that the rate is learned from"
first_day = "first of those days with tokens"
last_day = "last of those days with tokens"
---*/
select model, token_kind, service_tier, scope,
    (sum(gross_usd) * 1000000 / sum(tokens))::decimal(38, 9) as usd_per_1m_tokens,
    any_value(book_usd_per_1m_tokens) as book_usd_per_1m_tokens,
    sum(gross_usd) as gross_usd, sum(tokens)::bigint as tokens,
    min(day) as first_day, max(day) as last_day
from price_daily
where day > (select max(day) from price_daily) - 28
group by model, token_kind, service_tier, scope
