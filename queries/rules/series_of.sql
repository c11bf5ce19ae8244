/*---
title = "The numbers of some workloads' series"
---*/
select series_id
from series_spans
where list_contains($workloads::varchar[], workload)
