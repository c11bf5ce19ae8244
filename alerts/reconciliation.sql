/*---
title = "Attributed is not billed"
severity = "page"
headline = "Attributed is not billed on {of_day}"
summary = "On {of_day}, account {account_id}: {attributed_usd:usd} attributed, {billed_usd:usd} billed. Every number of that day is suspect."
why = "The sum of attributed dollars equals the bill, to the last decimal; publication is refused otherwise. If this fires, the published file was changed by other hands or finops is wrong."
next_step = "Run finops sync --rebuild; if it fires again, report it."
needs = []

[params.tolerance_usd]
value = 0
unit = "USD"
---*/
with billed as (
    select day, account_id, currency, sum(gross_usd) as usd from billed_daily group by all
),

attributed_days as (
    select day, account_id, currency, sum(gross_usd) as usd from attributed group by all
)

select
    concat_ws(' ', coalesce(b.day, a.day)::varchar, coalesce(b.account_id, a.account_id)) as subject,
    abs(coalesce(a.usd, 0) - coalesce(b.usd, 0)) as usd,
    coalesce(b.day, a.day) as of_day,
    coalesce(b.account_id, a.account_id) as account_id,
    coalesce(a.usd, 0) as attributed_usd,
    coalesce(b.usd, 0) as billed_usd
from billed as b
full join attributed_days as a using (day, account_id, currency)
where abs(coalesce(a.usd, 0) - coalesce(b.usd, 0)) > $tolerance_usd and $day is not null and $now is not null
