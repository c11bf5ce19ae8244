/*---
title = "The metrics, likewise: hours of the morning itself are known"
---*/
create or replace temp view datapoints as
from published.datapoints where hour < getvariable('now')
