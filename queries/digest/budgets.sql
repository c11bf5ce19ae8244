/*---
title = "How far each budget is on a day, the one that heads furthest first"
---*/
select budget, amount_usd::decimal(38, 2) as amount_usd, actual_usd::decimal(38, 2) as actual_usd,
    projected_usd::decimal(38, 2) as projected_usd, share::double as share, projected_share::double as projected_share,
    breach_day
from budget_daily
where day = $last
order by projected_share desc, budget
