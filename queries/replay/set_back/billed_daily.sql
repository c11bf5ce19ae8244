/*---
title = "The bill by day, likewise"
---*/
create or replace temp view billed_daily as
from published.billed_daily where day < getvariable('morning')
