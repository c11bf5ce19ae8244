/*---
title = "The price of a token moved"
severity = "warn"
headline = "{model} {token_kind} tokens cost {moved}"
summary = "A million {token_kind} tokens of {model} ({service_tier}, {scope}) cost {rate:usd} over {window_days} days to {day:%d %b}, {moved}; {book}. That is {usd:usd} {direction}, mostly paid by {payers}."
why = "The same tokens for other dollars: a price, a discount or a commitment has changed, or usage has moved to another price that bears the same name. No workload did anything."
next_step = "Compare `price_daily` with AWS's price list and your discounts; if a discount ended, tell procurement; if AWS is right, update the prices in your price book."
days = 3

[params.change]
value = 0.1
unit = "share of the rate"
doc = "up or down against the median of the four weeks before; down informs"

[params.off_book]
value = 0.25
unit = "share of the rate"
doc = "above the price book, where there is no past to compare with"

[params.min_usd]
value = 10
unit = "USD"
doc = "over the window: what the difference makes, up or down"

[params.window_days]
value = 3
unit = "days"
doc = "days looked at together"
---*/
with rates as (
    select model, token_kind, service_tier, scope,
        sum(gross_usd) filter (day > $day - $window_days) as usd,
        (sum(tokens) filter (day > $day - $window_days))::decimal(24, 0) as tokens,
        (sum(gross_usd) filter (day > $day - $window_days) * 1000000
            / nullif(sum(tokens) filter (day > $day - $window_days), 0))::decimal(38, 9) as rate,
        (median(usd_per_1m_tokens) filter (day <= $day - $window_days))::decimal(38, 9) as past_rate,
        count(*) filter (day <= $day - $window_days) as past_days,
        any_value(book_usd_per_1m_tokens) as book_rate
    from price_daily
    where day between $day - $window_days - 27 and $day
    group by all
),

moved as (
    select *, case when past_days >= 7 then past_rate when past_days = 0 then book_rate end as base_rate,
        past_days < 7 as by_book
    from rates
    where rate is not null
),

stakes as (
    select *, (rate - base_rate) * tokens / 1000000 as stake_usd
    from moved
    where case when by_book then rate >= base_rate * (1 + $off_book)
        else base_rate > 0 and (rate >= base_rate * (1 + $change) or rate <= base_rate * (1 - $change)) end
),

payers as (
    select model, token_kind, service_tier, scope, max_by(workload, usd, 3) as workloads,
        case when bool_and(final) then 'final' else 'provisional' end as basis
    from (
        select model, token_kind, service_tier, scope, workload, sum(gross_usd) as usd, bool_and(basis = 'final') as final
        from attributed
        where day between $day - $window_days + 1 and $day and cost_class = 'usage' and tokens > 0
        group by all
    )
    group by all
)

select
    concat_ws(' / ', s.model, s.token_kind, s.service_tier, s.scope) as subject,
    abs(s.stake_usd)::decimal(38, 2) as usd,
    case when s.stake_usd > 0 then 'warn' else 'info' end as severity,
    s.model, s.token_kind, s.service_tier, s.scope, p.basis,
    $day as day, $window_days as window_days, s.rate, s.past_rate, s.book_rate,
    case when s.stake_usd > 0 then 'more' else 'less' end as direction,
    case when s.by_book then growth(s.rate / s.base_rate) || ' against the price book'
        else growth(s.rate / s.base_rate) || ' against four weeks' end as moved,
    case
        when s.book_rate is null then 'the price book does not know it'
        when s.book_rate = 0 then 'the price book has it for nothing'
        else format('the price book says ${:,.2f} ({})', s.book_rate::double, growth(s.rate / s.book_rate))
    end as book,
    array_to_string(p.workloads, ', ') as payers
from stakes as s
left join payers as p
    on (p.model, p.token_kind, p.service_tier, p.scope) is not distinct from (s.model, s.token_kind, s.service_tier, s.scope)
where abs(s.stake_usd) >= $min_usd
