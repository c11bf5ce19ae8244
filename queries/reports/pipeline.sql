/*---
title = "Cost of one unit of work"
doc = "Workloads with a unit of their own and several models: what one unit costs, and how it splits, over 30 days."
---*/
with stages as (
    select workload, model, sum(gross_usd) as usd
    from spend_daily
    where day between $day - 29 and $day and model is not null
    group by all
),

split as (
    select workload, string_agg(format('{} {:.0f}%', model, usd / total * 100), ' + ' order by usd desc) as stages,
        count(*) as models
    from (select *, sum(usd) over (partition by workload) as total from stages)
    group by workload
)

select sum(u.gross_usd)::decimal(38, 2) as usd, u.workload as subject,
    format('${:.4f} a unit ({}), {:.1f} calls each: {}', sum(u.gross_usd)::double / sum(u.queries),
        any_value(replace(u.query_source, 'AWS/', '')), sum(u.calls_per_query * u.queries) / sum(u.queries), any_value(s.stages)) as text
from unit_cost_daily as u
join split as s using (workload)
where u.day between $day - 29 and $day and u.query_source not like 'AWS/Bedrock%' and s.models > 1
group by u.workload
having sum(u.queries) > 0
order by usd desc
limit 1
