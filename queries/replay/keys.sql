/*---
title = "What the file says of each series besides its values"
---*/
select workload, keys
from series_named
