/*---
title = "Every workload that has spent: from when, and through which complete day"
---*/
select workload, first_day, complete_through
from workload_spans
