/*---
title = "Router drifts to the big model"
severity = "warn"
headline = "{workload} sends only {share:.0%} of its {family} calls to the small model"
summary = "{workload} sends {share:.0%} of its {family} calls to the small model over {window_days} days; {against}. What went to a bigger one instead cost about {usd:usd} more."
why = "A router that loses its nerve costs several times as much per call, little by little: no single day is a spike, and nobody sees it on a bill by account."
next_step = "Ask {owner} what changed in the router of {workload}: its prompt, its threshold, or a small model that fails and is retried on a bigger one. tier_share_daily has the share by day; if it is meant, set target for this workload."
needs = ["bill", "metrics"]
explains = true

[params.fall]
value = 0.25
unit = "share of the usual share"
doc = "fallen by at least this against the usual share fires"

[params.target]
value = 0
unit = "share of calls"
doc = "declared for the small models: anything below fires, whatever was usual; 0 declares none"

[params.min_usd]
value = 20
unit = "USD"
doc = "over the window: what the drift costs more"

[params.window_days]
value = 7
unit = "days"
doc = "days looked at together"

[params.calm_days]
value = 21
unit = "days"
doc = "the usual share is that of the four weeks that end so many days ago: a slow drift must not be its own measure"

[params.small_tiers]
value = "haiku, instant, lite, light, flash, micro, mini, nano, small"
unit = "tiers, with commas"
doc = "what counts as a small model of its family"
---*/
with days as (
    select day, workload, family,
        sum(requests) as calls,
        coalesce(sum(requests) filter (small), 0) as small_calls,
        coalesce(sum(gross_usd) filter (small), 0) as small_usd,
        sum(gross_usd) as usd
    from (
        select *, list_contains(string_split(replace($small_tiers, ' ', ''), ','), tier) as small from tier_share_daily
    )
    where day between $day - $calm_days - 27 and $day
    group by day, workload, family
    having bool_and(requests is not null)   -- half a count would be a share of something else
),

windows as (
    select workload, family,
        sum(calls) filter (day > $day - $window_days) as calls,
        sum(small_calls) filter (day > $day - $window_days)
            / nullif(sum(calls) filter (day > $day - $window_days), 0) as share,
        sum(small_calls) filter (day <= $day - $calm_days)
            / nullif(sum(calls) filter (day <= $day - $calm_days), 0) as before_share,
        count(*) filter (day <= $day - $calm_days) as before_days,
        sum(usd - small_usd) / nullif(sum(calls - small_calls), 0)
            - sum(small_usd) / nullif(sum(small_calls), 0) as extra_usd_per_call
    from days
    group by workload, family
),

measured as (
    select *,
        case when before_days >= 7 and before_share > 0 then before_share end as usual_share,
        case when $target > 0 then round(share, 6) < $target end as misses_target
    from windows
),

stakes as (
    select *,
        (greatest(usual_share, case when $target > 0 then $target end) - share) * calls * extra_usd_per_call as stake_usd
    from measured
    where misses_target or (usual_share is not null and round(share, 6) <= round(usual_share * (1 - $fall), 6))
),

owners as (
    select workload, arg_max(team, gross_usd) as team, arg_max(environment, gross_usd) as environment,
        arg_max(model, gross_usd) as model,
        case when bool_and(basis = 'final') then 'final' else 'provisional' end as basis
    from spend_daily
    where day between $day - $window_days + 1 and $day
    group by workload
)

select
    concat_ws(' / ', s.workload, s.family) as subject,
    s.stake_usd::decimal(38, 2) as usd,
    s.workload, s.family, o.team, o.environment, o.model, o.basis,
    owner_of(o.team, s.workload) as owner,
    s.share, s.usual_share, $target as target, $window_days as window_days, s.calls,
    concat_ws(' and ',
        case when s.usual_share is not null then format('{:.0f}% is usual', s.usual_share * 100) end,
        case when s.misses_target then format('{:.0f}% is declared', $target::double * 100) end) as against,
    (s.stake_usd / $window_days * 30)::decimal(38, 2) as monthly_usd
from stakes as s
left join owners as o using (workload)
where s.stake_usd is null or s.stake_usd >= $min_usd
