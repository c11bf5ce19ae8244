/*---
title = "What the bill says of days of which an estimate spoke"
doc = "One row once the bill is complete for $told_on, wherever the workload's tokens were counted: the estimate of the days from $first_day to $last_day for which it is complete, and the token lines of the same accounts, regions and models. Without such lines it billed nothing; without an estimate there is nothing to compare."
---*/
with reach as (
    select b.account_id, max(m.complete_through) as through
    from billed_daily as b
    join marks as m using (delivery_id)
    group by b.account_id
),

estimated as (
    select p.day, p.account_id, p.region, p.model, r.through, sum(p.estimated_usd) as estimated_usd
    from priced_hourly as p
    join reach as r using (account_id)
    where p.workload = $workload and p.model is not null and p.day between $first_day and $last_day
    group by all
),

billed as (
    select day, account_id, region, model, sum(gross_usd) as billed_usd
    from attributed
    where workload = $workload and day between $first_day and $last_day
        and cost_class = 'usage' and charge = 'inference' and token_kind is not null
    group by all
)

select least($last_day, min(e.through)) as through,
    sum(coalesce(b.billed_usd, 0)) filter (e.day <= e.through) as usd,
    sum(e.estimated_usd) filter (e.day <= e.through) as estimated_usd
from estimated as e
left join billed as b using (day, account_id, region, model)
having min(e.through) >= $told_on
