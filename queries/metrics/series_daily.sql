/*---
title = "Spend as series"
grain = "day x workload, model; every day from the first one seen to the last complete one"
doc = "What `expected_daily` and the spend rules are made of: a day without lines costs nothing, a day that the bill does not have yet is not there."
[columns]
series_id = "number of the workload's model, the same within a generation"
usd = "gross USD; a day without lines is 0"
age_days = "days since the series began"
environment = "the environment with the most dollars that day, else of the series"
team = "likewise"
basis = "final when every line of the day is; of a day without lines, when the whole bill is"
---*/
with leaves as (
    select day, workload, model, sum(gross_usd)::double as usd, arg_max(environment, gross_usd) as environment,
        arg_max(team, gross_usd) as team, bool_and(basis = 'final') as final
    from attributed
    where is_spend
    group by all
),

reaches as (   -- a series ends where the sources that carry it do: beyond is unknown, not zero
    select i.workload, k.model, max(m.complete_through) as complete_through, max(m.settled_through)::date as settled
    from (select distinct identity_id, kind_id, delivery_id from lines)
    join identities as i using (identity_id)
    join kinds as k using (kind_id)
    join marks as m using (delivery_id)
    group by all
),

spans as (
    select row_number() over (order by l.workload, l.model) as series_id, l.workload, l.model,
        min(l.day) as first_day, any_value(r.complete_through) as last_day, any_value(r.settled) as settled,
        arg_max(l.environment, l.usd) as environment, arg_max(l.team, l.usd) as team
    from leaves as l
    join reaches as r on r.workload = l.workload and r.model is not distinct from l.model
    group by l.workload, l.model
),

days as (
    select * exclude (last_day), unnest(generate_series(first_day, last_day, interval 1 day))::date as day
    from spans
)

select d.day, d.series_id, d.workload, d.model, coalesce(l.environment, d.environment) as environment,
    coalesce(l.team, d.team) as team,
    case when coalesce(l.final, d.day < d.settled) then 'final' else 'provisional' end as basis,
    coalesce(l.usd, 0) as usd, (d.day - d.first_day)::integer as age_days
from days as d
left join leaves as l on l.day = d.day and l.workload = d.workload and l.model is not distinct from d.model
