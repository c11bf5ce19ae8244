/*---
title = "Metadata keys that the ledger keeps"
doc = "Those that are looked for, unless one has more than $many values: then it tells requests, not workloads."
---*/
select key
from log_values
where wanted
group by key
having count(*) <= $many
order by key
