/*---
title = "Metadata keys met, and whether they are looked for"
---*/
select key, wanted
from log_values
group by all
order by key
