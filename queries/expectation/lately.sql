/*---
title = "The series from a day on; before it stand what they cost in the seven weeks to it"
---*/
create or replace temp table lists_lately as
select * replace (
    first_day + later as first_day, age_days + later as age_days, usds[1 + later:] as usds
)
from (select *, greatest(0, $since::date - first_day)::integer as later from lists_held)
where later < len(usds) - 48
