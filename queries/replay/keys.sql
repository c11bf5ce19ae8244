/*---
title = "What the file says of each series besides its values"
---*/
select distinct workload, keys
from series_known
