/*---
title = "The budgets that the ledger was published with"
---*/
select budget as name, amount_usd, workload, team, environment, account_id as account, thresholds, projected
from declared_budgets
