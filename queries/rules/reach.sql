/*---
title = "How far the sources of some kinds reach: the furthest, and the slowest that still comes"
doc = "A source that has not come for 31 days beyond the furthest one has ended, and holds nobody back."
---*/
select max(complete_through) as furthest,
    min(complete_through) filter (
        complete_through > (select max(complete_through) from freshness where kind in (select unnest($kinds))) - 31
    ) as slowest
from freshness
where kind in (select unnest($kinds))
