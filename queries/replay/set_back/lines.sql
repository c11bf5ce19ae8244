/*---
title = "The lines of the bill as far as the morning that is set could know them"
---*/
create or replace temp view lines as
from published.lines where hour < getvariable('morning')
