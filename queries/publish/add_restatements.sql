/*---
title = "Days that had been read before and whose dollars are now others"
doc = "A day met for the first time is news, not a restatement; a workload that appears on a known day, or leaves it, is one. Where a day's total is what it was, its dollars only moved between names: better tags, an inventory or a log came later."
---*/
insert into catalogue.restated by name
with after as (
    select d.source, billing_period, hour::date as day, workload, sum(gross_usd)::decimal(38, 12) as usd
    from catalogue.lines
    join catalogue.deliveries as d using (delivery_id)
    join catalogue.identities using (identity_id)
    group by all
),

known_days as (
    select source, billing_period, day, bool_and(settled) as settled, sum(usd) as usd
    from totals_before
    group by all
),

days_after as (
    select source, billing_period, day, sum(usd) as usd
    from after
    group by all
)

select $generation as generation, $now::timestamp as seen_at, source, billing_period, day, workload,
    coalesce(b.usd, 0) as before_usd, coalesce(a.usd, 0) as after_usd,
    if(k.settled, 'final', 'provisional') as basis_before,
    if(k.usd = d.usd, 'names', 'bill') as cause
from totals_before as b
full join after as a using (source, billing_period, day, workload)
join known_days as k using (source, billing_period, day)
left join days_after as d using (source, billing_period, day)
where a.usd is distinct from b.usd
