/*---
title = "Since when each day is known at all"
---*/
select day, min(known_on) as known_on
from series_known
group by day
order by day
