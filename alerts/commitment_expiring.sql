/*---
title = "A commitment is about to renew"
severity = "info"
headline = "{name}: {days_left} days until its term ends"
summary = "{name} ({units} unit(s) of {model} in {region}, {term}) ends its term on {expires_at:%d %b %Y}, in {days_left} days, and renews itself unless somebody cancels that; at today's rate another term costs {usd:usd}. {work}"
why = "A commitment renews itself for a whole term, and cannot be deleted before its end: these days are the only ones in which it can be let go, shrunk or moved to another term."
next_step = "Decide with {owner} from commitment_daily whether {name} is still worth its hours. To let it go, cancel its renewal in the Bedrock console before {expires_at:%d %b}; its units cannot be changed, so another size is another purchase."
needs = ["inventory"]

[params.notice_days]
value = 60
unit = "days"
doc = "told from here on, as information"

[params.warn_days]
value = 30
unit = "days"
doc = "a warning from here on"

[params.last_days]
value = 7
unit = "days"
doc = "the last call, an incident of its own: told again, even where the first was acknowledged"
---*/
with ending as (
    select *, (expires_at::date - $day)::integer as days_left,
        case term when 'OneMonth' then 30 when 'SixMonths' then 182 end as term_days
    from commitments
    where listed and expires_at is not null and status in ('InService', 'Updating')
),

work as (
    select commitment_id, sum(invocations) as invocations, count(*) as days, count(invocations) as watched_days
    from commitment_daily
    where day between $day - 13 and $day
    group by commitment_id
)

select
    e.name || case when e.days_left <= $last_days then ' (last call)' else '' end as subject,
    (e.usd_per_hour * 24 * e.term_days)::decimal(38, 2) as usd,
    case when e.days_left <= $warn_days then 'warn' else 'info' end as severity,
    e.commitment_id, e.name, e.units, e.model, e.region, e.account_id, e.team, e.environment, e.workload,
    e.term, e.expires_at, e.days_left,
    owner_of(e.team, e.name) as owner,
    case
        when w.watched_days > 0 then format('It had {:,} invocations in the last {} watched day(s).', w.invocations::bigint, w.watched_days)
        else 'Nobody has counted its invocations lately.'
    end as work
from ending as e
left join work as w using (commitment_id)
where e.days_left between 0 and $notice_days
