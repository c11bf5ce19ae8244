/*---
title = "Provisioned throughput without work"
severity = "warn"
headline = "{name} idle for {idle_days} days, {monthly_usd:usd} a month"
summary = "{name} ({units} unit(s) of {model} in {region}) has had {invocations} invocations in {idle_days} days and cost {usd:usd}; it goes on at {monthly_usd:usd} a month. {proof}"
why = "A provisioned throughput bills every hour until somebody deletes it, whether or not anything calls it, and a commitment renews itself."
next_step = "Ask {team} whether {name} may go: aws bedrock delete-provisioned-model-throughput --provisioned-model-id {commitment_id} (a commitment can be deleted only after its term)."
needs = ["bill", "metrics", "inventory"]

[params.idle_days]
value = 7
unit = "days"
doc = "complete days without an invocation"

[params.min_usd]
value = 25
unit = "USD"
doc = "billed over those days"
---*/
with window_days as (
    select commitment_id, sum(usd) as usd, sum(invocations) as invocations, count(*) as days,
        count(invocations) as watched_days
    from commitment_daily
    where day between $day - $idle_days + 1 and $day
    group by commitment_id
),

history as (
    select commitment_id, sum(invocations) as ever_invoked, max(day) filter (invocations > 0) as last_used
    from commitment_daily
    where day <= $day
    group by commitment_id
)

select
    c.name as subject,
    w.usd::decimal(38, 2) as usd,
    c.commitment_id, c.name, c.units, c.model, c.region, c.account_id, c.team, c.environment, c.workload,
    c.term, c.expires_at,
    w.invocations, $idle_days as idle_days,
    (w.usd / w.days * 30)::decimal(38, 2) as monthly_usd,
    h.last_used,
    if(h.ever_invoked > 0, 'Last used on ' || strftime(h.last_used, '%d %b %Y') || '.',
        'Never seen in CloudWatch under this id: check once by hand that nothing calls it.') as proof
from commitments as c
join window_days as w using (commitment_id)
join history as h using (commitment_id)
where c.listed and c.status = 'InService'
    and w.days >= $idle_days and w.watched_days = w.days
    and w.invocations = 0
    and w.usd >= $min_usd
