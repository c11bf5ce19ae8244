/*---
title = "Since when each workload spends, and through which day its bill is complete"
grain = "workload that has ever spent"
[columns]
first_day = "the first day with a line of spend"
complete_through = "the last whole day of the newest bill that it is on"
---*/
select i.workload, min(l.first_day) as first_day, max(m.complete_through) as complete_through
from (
    select identity_id, delivery_id, min(hour)::date as first_day
    from lines
    where line_type in (select line_type from line_classes where is_spend)
    group by all
) as l
join identities as i using (identity_id)
join marks as m using (delivery_id)
group by i.workload
