/*---
title = "The calls that were logged, likewise"
---*/
create or replace temp view calls as
from published.calls where hour < getvariable('now')
