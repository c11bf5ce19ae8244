/*---
title = "Every workload that has spent: from when, and through which complete day"
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
