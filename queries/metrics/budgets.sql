/*---
title = "Budgets by month"
grain = "month x budget of finops.toml"
doc = "As of the last complete day of the month that the bill has; `budget_daily` has the days before."
[columns]
month = "first day of the month"
as_of = "the day that the row speaks of"
budget = "its name in [[budgets]]"
scope = "what it is of; `all spend` where it names nothing"
amount_usd = "USD a month"
actual_usd = "net USD of the month through that day"
projected_usd = "net USD at the month's end if it goes on like the last seven days; of a month that is over the actual"
share = "actual / amount"
projected_share = "projected / amount"
breach_day = "the day on which the amount was reached, or will be; NULL where it will not this month"
basis = "final when every line of the month so far is"
---*/
select month, day as as_of, budget, scope, amount_usd, actual_usd, projected_usd, share, projected_share, breach_day, basis
from budget_daily
qualify row_number() over (partition by budget, month order by day desc) = 1
