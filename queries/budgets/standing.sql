/*---
title = "How each budget stands in the latest month of the bill, the fullest first"
---*/
select budget, scope, amount_usd, actual_usd, projected_usd, share, projected_share, breach_day, month, as_of, basis
from budgets
where month = (select max(month) from budgets)
order by projected_share desc, budget
