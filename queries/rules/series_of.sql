/*---
title = "The numbers of some workloads' series"
---*/
select coalesce(list(series_id), []) as series_ids
from series_spans
where list_contains($workloads::varchar[], workload)
