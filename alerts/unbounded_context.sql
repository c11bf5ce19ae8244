/*---
title = "Prompts grow, or are beyond any bound"
severity = "info"
headline = "{workload} sends {prompt_per_call:,.0f} prompt tokens a call, {against}"
summary = "{workload} sends {prompt_per_call:,.0f} prompt tokens a call on {tier} over {window_days} days, cached ones included; {against}. What is beyond cost {usd:usd}, {yearly_usd:usd} a year."
why = "A history that is never cut, or a search that returns ever more, makes each call dearer than the last; the window of the model is the only bound that is left."
next_step = "Ask {owner} what of a prompt of {workload} is needed: cut or summarise the history, lower top-K, drop tools and examples that nobody uses; then put what stays the same behind a cache point."
needs = ["bill", "metrics"]

[params.own_ratio]
value = 1.5
unit = "times"
doc = "the workload's own four weeks before are exceeded by this factor"

[params.max_tokens]
value = 50000
unit = "tokens a call"
doc = "on average; more fires, whatever was usual"

[params.min_usd]
value = 25
unit = "USD"
doc = "over the window: what the tokens beyond cost"

[params.window_days]
value = 7
unit = "days"
doc = "days looked at together"
---*/
with prompts as (
    select workload, tier, day > $day - $window_days as recent, day,
        coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) as tokens, requests
    from requests_hourly
    where day between $day - $window_days - 27 and $day
        and workload is not null and tier is not null and requests is not null and input_tokens is not null
        and namespace in ('AWS/Bedrock', 'AWS/BedrockMantle')
),

sizes as (
    select workload, tier,
        (sum(tokens) filter (recent))::double / nullif(sum(requests) filter (recent), 0) as prompt_per_call,
        (sum(tokens) filter (not recent))::double / nullif(sum(requests) filter (not recent), 0) as before_per_call,
        count(distinct day) filter (not recent) as before_days
    from prompts
    group by workload, tier
),

large as (
    select *,
        case when before_days >= 7 and prompt_per_call >= $own_ratio * before_per_call then before_per_call end as own_bound,
        case when prompt_per_call > $max_tokens then $max_tokens::double end as set_bound
    from sizes
),

spent as (
    select workload, tier, sum(gross_usd) as usd, arg_max(team, gross_usd) as team,
        arg_max(environment, gross_usd) as environment, arg_max(model, gross_usd) as model,
        case when bool_and(basis = 'final') then 'final' else 'provisional' end as basis
    from attributed
    where day between $day - $window_days + 1 and $day and cost_class = 'usage'
        and (token_kind like 'input%' or token_kind like 'cache%')
    group by workload, tier
),

stakes as (
    select *, usd * (1 - least(own_bound, set_bound) / prompt_per_call) as stake_usd
    from large
    join spent using (workload, tier)
    where own_bound is not null or set_bound is not null
)

select
    concat_ws(' / ', workload, tier) as subject,
    stake_usd::decimal(38, 2) as usd,
    workload, tier, team, environment, model, basis,
    owner_of(team, workload) as owner,
    prompt_per_call, before_per_call, $window_days as window_days,
    concat_ws(', ',
        case when own_bound is not null then format('{:.1f} times its four weeks before', prompt_per_call / own_bound) end,
        case when set_bound is not null then format('the bound is {:,.0f}', set_bound) end) as against,
    (stake_usd / $window_days * 365)::decimal(38, 2) as yearly_usd
from stakes
where stake_usd >= $min_usd
