/*---
title = "Spend without a name"
severity = "warn"
headline = "Untagged spend in account {account_id}: {what}"
summary = "{usd:usd} in {window_days} days have no workload ({share:.1%} of spend): {what} in account {account_id}, {region}. {news}. Reason: {reason}."
why = "Nobody answers for dollars without a name, and what is unnamed today is the unexplained spike of next week."
next_step = "Tag the caller: an application inference profile, or a tag on the IAM role, with Workload and Team; or name the account or role in finops.toml ([accounts.{account_id}])."

[params.min_usd]
value = 50
unit = "USD"
doc = "over the window, for one source"

[params.window_days]
value = 7
unit = "days"
doc = "days looked at together"

[params.growth]
value = 2.0
unit = "times"
doc = "against the weeks before; an old, steady source stays quiet"
---*/
with sources as (
    select account_id, region, coalesce(resource_id, principal, product_code) as source,
        arg_max(coalesce(model, charge), gross_usd) as what,
        any_value(reason) as reason,
        if(bool_and(basis = 'final'), 'final', 'provisional') as basis,
        sum(gross_usd) filter (day > $day - $window_days) as recent_usd,
        sum(gross_usd) filter (day <= $day - $window_days) * $window_days / 28 as usual_usd,
        min(day) as first_seen
    from attributed
    where day between $day - $window_days - 27 and $day
        and attribution = 'untagged' and is_spend
    group by all
),

total as (
    select sum(gross_usd) as usd from spend_daily where day between $day - $window_days + 1 and $day
)

select
    concat_ws(' ', account_id, region, source) as subject,
    recent_usd::decimal(38, 2) as usd,
    '(untagged)' as workload, account_id, region, source, what, reason, basis,
    (recent_usd / nullif(t.usd, 0))::double as share,
    $window_days as window_days,
    if(usual_usd is null, 'New since ' || strftime(first_seen, '%d %b'),
        'Up from $' || round(usual_usd)::bigint::varchar || ' in a usual week') as news
from sources, total as t
where recent_usd >= $min_usd and recent_usd >= $growth * coalesce(usual_usd, 0)
