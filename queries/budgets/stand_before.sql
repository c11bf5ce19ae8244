/*---
title = "Other budgets stand before the published ones: views and rules read them, on this connection alone"
---*/
create temp table declared_budgets as
from declared_budgets
where false
