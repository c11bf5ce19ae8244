/*---
title = "How far each source reaches, as seconds since 1970"
---*/
select source, kind, epoch(data_through) as data_through, epoch(complete_through::timestamp + interval 1 day) as complete_through,
    epoch(settled_through::timestamp) as settled_through, problem is null as reached
from freshness
order by source
