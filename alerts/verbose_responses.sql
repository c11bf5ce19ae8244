/*---
title = "Answers longer than they were, or than anybody's"
severity = "info"
headline = "{workload} answers with {output_per_call:,.0f} tokens, {against}"
summary = "{workload} answers with {output_per_call:,.0f} output tokens a call on {tier} over {window_days} days; {against}. The difference cost {usd:usd}, {yearly_usd:usd} a year."
why = "Output is the dearest token, several times the price of input, and length is a habit of the prompt: it is paid again with every call."
next_step = "Ask {owner} what of an answer is read: say the length in the prompt of {workload}, ask for fields instead of prose, and set max_tokens."
needs = ["bill", "metrics"]

[params.peer_ratio]
value = 3.0
unit = "times"
doc = "the median of the other workloads on the same tier, at least two, is exceeded by this factor"

[params.own_ratio]
value = 1.5
unit = "times"
doc = "the workload's own four weeks before is exceeded by this factor"

[params.min_usd]
value = 25
unit = "USD"
doc = "over the window: what the length beyond the usual costs"

[params.window_days]
value = 7
unit = "days"
doc = "days looked at together"
---*/
with answers as (
    select workload, tier,
        (sum(output_tokens) filter (day > $day - $window_days))::double
            / nullif(sum(requests) filter (day > $day - $window_days), 0) as output_per_call,
        (sum(output_tokens) filter (day <= $day - $window_days))::double
            / nullif(sum(requests) filter (day <= $day - $window_days), 0) as before_per_call,
        count(distinct day) filter (day <= $day - $window_days) as before_days
    from requests_hourly
    where day between $day - $window_days - 27 and $day
        and workload is not null and tier is not null and requests is not null and output_tokens is not null
        and namespace in ('AWS/Bedrock', 'AWS/BedrockMantle')
    group by workload, tier
),

peers as (
    select a.workload, a.tier, median(p.output_per_call) as peer_per_call
    from answers as a
    join answers as p on p.tier = a.tier and p.workload <> a.workload and p.output_per_call > 0
    group by a.workload, a.tier
    having count(*) >= 2
),

long as (
    select a.*, p.peer_per_call,
        case when a.before_days >= 7 and a.output_per_call >= $own_ratio * a.before_per_call then a.before_per_call end as own_bound,
        case when a.output_per_call >= $peer_ratio * p.peer_per_call then p.peer_per_call end as peer_bound
    from answers as a
    left join peers as p using (workload, tier)
),

spent as (
    select workload, tier, sum(gross_usd) as usd, arg_max(team, gross_usd) as team,
        arg_max(environment, gross_usd) as environment, arg_max(model, gross_usd) as model,
        case when bool_and(basis = 'final') then 'final' else 'provisional' end as basis
    from attributed
    where day between $day - $window_days + 1 and $day and cost_class = 'usage' and token_kind like 'output%'
    group by workload, tier
),

stakes as (
    select *, usd * (1 - least(own_bound, peer_bound) / output_per_call) as stake_usd
    from long
    join spent using (workload, tier)
    where own_bound is not null or peer_bound is not null
)

select
    concat_ws(' / ', workload, tier) as subject,
    stake_usd::decimal(38, 2) as usd,
    workload, tier, team, environment, model, basis,
    owner_of(team, workload) as owner,
    output_per_call, before_per_call, peer_per_call, $window_days as window_days,
    concat_ws(', ',
        case when own_bound is not null then format('{:.1f} times its four weeks before', output_per_call / own_bound) end,
        case when peer_bound is not null then format('{:.1f} times its peers'' {:.0f}', output_per_call / peer_bound, peer_bound) end
    ) as against,
    (stake_usd / $window_days * 365)::decimal(38, 2) as yearly_usd
from stakes
where stake_usd >= $min_usd
