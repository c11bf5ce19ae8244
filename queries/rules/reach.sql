/*---
title = "The last whole day of each source"
---*/
select kind, complete_through
from freshness
where complete_through is not null
