/*---
title = "A line of the bill that is not understood"
severity = "warn"
headline = "{state} billing line {usage_type}"
summary = "{usage_type} ({unit}) {did} {usd:usd} since {first_day:%d %b}: {unclassified}. {counted}"
why = "AWS bills something new, in a new spelling, or by mistake. Dollars stay as billed; models, tokens and prices of such lines are missing or wrong until it is known."
next_step = "Run: finops classify {quoted} --unit '{unit}'. If the model table lacks it, add it to finops/data/models.toml or report it."

[params.min_usd]
value = 0.01
unit = "USD"
doc = "over 30 days, absolute"

[params.absurd_usd_per_1m_tokens]
value = 1000
unit = "USD per million tokens"
doc = "a dearer line is read with the wrong unit"

[params.absurd_usd]
value = 100000
unit = "USD"
doc = "one line of one hour above this, or usage below zero, is kept and shown"
---*/
with lines as (
    select usage_type, k.unit, a.line_type, day, a.gross_usd,
        case
            when a.unclassified is not null then a.unclassified
            when a.cost_class = 'unknown' then 'unknown line type ' || a.line_type
        end as unread,
        case
            when a.hour > $now::timestamp then 'a date in the future'
            when a.cost_class = 'usage' and a.gross_usd < 0 then 'negative usage'
            when abs(a.gross_usd) >= $absurd_usd then 'an absurd amount for one hour'
            when a.tokens < 0 then 'a negative count of tokens'
        end as odd,
        case
            when a.gross_usd * 1000000 > $absurd_usd_per_1m_tokens * a.tokens
                then 'an absurd price per token: the unit may have changed'
            when a.cost_class = 'usage' and a.token_kind is not null and a.charge <> 'reserved' and a.tokens is null
                then 'tokens that cannot be counted'
        end as uncounted
    from attributed as a
    left join (select distinct usage_type, any_value(unit) as unit from kinds group by usage_type) as k using (usage_type)
    where day >= $day - 29 and (day <= $day or a.hour > $now::timestamp)
),

told as (
    select usage_type, coalesce(unread, odd, uncounted) as unclassified, unread is null and odd is not null as is_odd,
        sum(gross_usd) as usd, any_value(unit) as unit, min(day) as first_day, count(*) as lines
    from lines
    where coalesce(unread, odd, uncounted) is not null
    group by all
    having sum(abs(gross_usd)) >= $min_usd
)

select
    concat_ws(' / ', coalesce(usage_type, '(no usage type)'), unclassified) as subject,
    abs(usd)::decimal(38, 2) as usd,
    if(usd < 0, 'gave back', 'cost') as did,
    coalesce(usage_type, '(no usage type)') as usage_type,
    '''' || replace(coalesce(usage_type, ''), '''', '') || '''' as quoted,
    coalesce(unit, 'no unit') as unit,
    unclassified, first_day, lines,
    if(is_odd, 'Odd', 'Unread') as state,
    if(is_odd, 'It is counted as billed.', 'Its dollars are counted; its tokens are unknown.') as counted,
    if(is_odd, 'The name is known, the figures are odd: find these lines in the bill, and ask AWS Support what they are.', null)
        as next_step
from told
