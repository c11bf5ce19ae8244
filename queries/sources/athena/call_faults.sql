/*---
title = "Records that are no call, by fault"
---*/
select fault, sum(calls)::bigint as records
from read_parquet($files)
where fault is not null
group by fault
order by fault
