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
with carried as (   -- which series a line is of, and until when its dollars are final
    select c.*, i.workload, k.model, dense_rank() over (order by i.workload, k.model) as series_id,
        m.complete_through, m.settled_through,
        case when k.billing_entity = 'AWS Marketplace' then m.settled_through_marketplace else m.settled_through end
            as final_through
    from (select distinct identity_id, kind_id, delivery_id from lines) as c
    join identities as i using (identity_id)
    join kinds as k using (kind_id)
    join marks as m using (delivery_id)
),

leaves as (
    select l.hour::date as day, c.series_id, sum(l.gross_usd)::double as usd,
        arg_max(l.identity_id, l.gross_usd::double) as identity_id, bool_and(l.invoiced or l.hour < c.final_through) as is_final
    from lines as l
    join carried as c using (identity_id, kind_id, delivery_id)
    join line_classes as s using (line_type)
    where s.is_spend
    group by all
),

spans as (   -- a series ends where the sources that carry it do: beyond is unknown, not zero
    select c.series_id, c.workload, c.model, max(c.complete_through) as last_day, max(c.settled_through)::date as settled,
        any_value(l.first_day) as first_day, any_value(l.identity_id) as identity_id,
        any_value(l.last_leaf - l.first_day + 1 - l.days) as missing, any_value(l.last_leaf) as last_leaf
    from carried as c
    join (
        select series_id, min(day) as first_day, max(day) as last_leaf, arg_max(identity_id, usd) as identity_id,
            count(*) as days
        from leaves
        group by series_id
    ) as l using (series_id)
    group by c.series_id, c.workload, c.model
),

gaps as (   -- a day without lines costs nothing
    select unnest(generate_series(first_day, last_day, interval 1 day))::date as day, series_id, 0 as usd, identity_id,
        null as is_final
    from spans
    where missing > 0 or last_leaf < last_day
)

select d.day, d.series_id, s.workload, s.model, i.environment, i.team,
    case when coalesce(d.is_final, d.day < s.settled) then 'final' else 'provisional' end as basis,
    d.usd, (d.day - s.first_day)::integer as age_days
from (
    from leaves
    union all
    select g.* from gaps as g anti join leaves as l using (series_id, day)
) as d
join spans as s using (series_id)
join identities as i on i.identity_id = d.identity_id
where d.day <= s.last_day
