/*---
title = "The series of spend"
grain = "workload, model"
[columns]
series_id = "number of the workload's model, the same within a generation"
first_day = "the first day of spend"
last_day = "the last complete day of the sources that carry it"
settled_through = "a day before it that has no lines is final"
identity_id = "of identities: the dearest of its last day of spend, whose labels hold on days without lines"
---*/
select series_id, any_value(workload) as workload, any_value(model) as model, min(first_day) as first_day,
    any_value(last_day) as last_day, any_value(settled_through)::date as settled_through,
    arg_max(identity_id, (last_hour::date, usd)) filter (first_day is not null) as identity_id
from line_series
group by series_id
having min(first_day) <= any_value(last_day)
