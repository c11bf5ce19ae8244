/*---
title = "Attributed is not billed"
severity = "page"
headline = "Attributed is not billed on {days} day(s)"
summary = "{usd:usd} differ on {days} day(s), most on {worst_day} in account {account_id}: {attributed_usd:usd} attributed, {billed_usd:usd} billed. Every number of those days is suspect."
why = "The sum of attributed dollars equals the bill, to the last decimal; publication is refused otherwise. If this fires, the published file was changed by other hands or finops is wrong."
next_step = "Run finops sync --rebuild; if it fires again, report it."
needs = []

[params.tolerance_usd]
value = 0
unit = "USD"
doc = "a difference up to this is let pass"

[params.window_days]
value = 35
unit = "days"
doc = "days looked at, and all after them; each day is proven once more whenever it is published"
---*/
with billed as (
    select day, account_id, currency, sum(gross_usd) as usd
    from billed_daily
    where day > $day - $window_days
    group by all
),

attributed_days as (
    select day, account_id, currency, sum(gross_usd) as usd
    from attributed
    where day > $day - $window_days
    group by all
),

differences as (
    select coalesce(b.day, a.day) as day, coalesce(b.account_id, a.account_id) as account_id,
        coalesce(a.usd, 0) as attributed_usd, coalesce(b.usd, 0) as billed_usd,
        abs(coalesce(a.usd, 0) - coalesce(b.usd, 0)) as difference_usd
    from billed as b
    full join attributed_days as a using (day, account_id, currency)
    where abs(coalesce(a.usd, 0) - coalesce(b.usd, 0)) > $tolerance_usd
)

select 'the ledger' as subject, sum(difference_usd)::decimal(38, 2) as usd, count(distinct day) as days,
    arg_max(day, difference_usd) as worst_day, arg_max(account_id, difference_usd) as account_id,
    arg_max(attributed_usd, difference_usd) as attributed_usd, arg_max(billed_usd, difference_usd) as billed_usd
from differences
having count(*) > 0
