/*---
title = "How far each source reaches"
---*/
from freshness
order by source
