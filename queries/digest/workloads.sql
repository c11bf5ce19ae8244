/*---
title = "What each workload cost over a digest's days: the dearest by name, then the others, then all"
doc = "`place` is 0 for a workload, 1 for all others, 2 for the total. What nobody claims has its own row."
---*/
with reach as (
    select min(day) as first_day from spend_daily
),

spend as (
    select workload, day, sum(gross_usd) as usd
    from spend_daily
    where day between least($first - 7, $last - 13) and $last
    group by all
),

usual as (
    select workload, sum(expected_usd) as usual_usd
    from expected_daily
    where day between $first and $last
    group by all
),

units as (
    select workload, sum(usd_per_query * queries) / nullif(sum(queries), 0) as usd_per_query
    from unit_cost_daily
    where day between $first and $last and usd_per_query is not null
    group by all
),

costs as (
    select workload, coalesce(sum(usd) filter (day between $first and $last), 0) as usd,
        coalesce(sum(usd) filter (day between $first - 7 and $last - 7), 0) as before_usd
    from spend
    group by all
),

ranked as (
    select c.*, u.usual_usd, n.usd_per_query, row_number() over (order by c.usd desc, workload) as nth
    from costs as c
    left join usual as u using (workload)
    left join units as n using (workload)
),

placed as (
    select *, 0 as place, workload as name
    from ranked
    where usd <> 0 and (nth <= $top or workload = '(untagged)')
    union all
    select *, 1, format('{} others', count(*) filter (usd <> 0) over ())
    from ranked
    where usd = 0 or (nth > $top and workload <> '(untagged)')
    union all
    select *, 2, 'All'
    from ranked
),

days as (
    select unnest(generate_series(greatest($last - 13, first_day), $last, interval 1 day))::date as day
    from reach
),

daily as (
    select p.place, p.name, d.day, coalesce(sum(s.usd), 0)::decimal(38, 2) as usd
    from placed as p
    cross join days as d
    left join spend as s on s.workload = p.workload and s.day = d.day
    group by all
),

series as (
    select place, name, list((day, usd) order by day) as series
    from daily
    group by all
)

select p.place, p.name as workload, sum(p.usd)::decimal(38, 2) as usd, sum(p.usual_usd)::decimal(38, 2) as usual_usd,
    case when any_value(r.first_day) <= $first - 7 then sum(p.before_usd)::decimal(38, 2) end as before_usd,
    case when p.place = 0 then any_value(p.usd_per_query)::decimal(38, 6) end as usd_per_query,
    any_value(s.series) as series
from placed as p
join series as s on s.place = p.place and s.name = p.name
cross join reach as r
group by p.place, p.name
having p.place <> 1 or sum(p.usd) <> 0
order by p.place, min(p.nth)
