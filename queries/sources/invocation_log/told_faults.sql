/*---
title = "Lines that are no call, by fault, the worst file first"
---*/
select fault, file, sum(lines)::bigint as lines
from log_faults
group by all
order by fault, lines desc, file
