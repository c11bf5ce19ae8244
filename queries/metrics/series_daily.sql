/*---
title = "Spend as series"
grain = "day x workload, model; every day from the first one seen to the last complete one"
doc = "What `expected_daily` and the spend rules are made of: a day without lines costs nothing, a day that the bill does not have yet is not there."
[columns]
series_id = "number of the workload's model, the same within a generation"
usd = "gross USD; a day without lines is 0"
age_days = "days since the series began"
environment = "the environment of the day's dearest line, else of the dearest identity of its last day of spend"
team = "likewise"
basis = "final when every line of the day is; of a day without lines, when the whole bill is"
---*/
select a.day, a.series_id, s.workload, s.model, i.environment, i.team,
    case when coalesce(a.is_final, a.day < s.settled_through) then 'final' else 'provisional' end as basis,
    a.usd, (a.day - s.first_day)::integer as age_days
from series_amounts as a
join series_spans as s using (series_id)
join identities as i on i.identity_id = a.identity_id
