/*---
title = "The series of the ledger"
---*/
create or replace temp table series_named as
select series_id, any_value(workload) as workload, any_value(model) as model, '{}' as keys
from series_daily
group by series_id
