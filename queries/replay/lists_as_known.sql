/*---
title = "series_lists up to the morning that is set"
---*/
create or replace temp view series_lists as
select * replace (usds[1 : 48 + getvariable('morning') - first_day] as usds)
from lists_held
where first_day < getvariable('morning')
