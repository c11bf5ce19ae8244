/*---
title = "What a digest cannot say, and why"
doc = "Sentences, the dollars that they are about first."
---*/
with days as (
    select *, day >= $first as now
    from coverage_daily
    where key = 'workload' and day between $first - 28 and $last
),

named as (
    select sum(usd) filter (now and rung = 'untagged') / nullif(sum(usd) filter (now), 0) as share,
        sum(usd) filter (now and rung = 'untagged') as usd,
        coalesce(sum(usd) filter (not now and rung = 'untagged'), 0) / nullif(sum(usd) filter (not now), 0) as usual_share
    from days
),

unclassified as (
    select sum(gross_usd) as usd, count(distinct usage_type) as kinds
    from attributed
    where day between $first and $last and charge = 'unclassified' and is_spend
)

select 1 as place, format('{:.1f}% of the dollars (${:,.2f}) have no workload; in the four weeks before it was {}',
    share * 100, usd::double, coalesce(format('{:.1f}%', usual_share * 100), 'not known')) as text
from named
where share >= coalesce(usual_share, 0) + 0.01   -- what is as usual is no news
union all
select 2, format('{}${:,.2f} are of {} kind(s) of usage that nobody knows', if(usd < 0, '-', ''), abs(usd)::double, kinds)
from unclassified
where usd <> 0
union all
select 3, format('{} was not reached: {}', source, problem)
from freshness
where problem is not null
order by place, text
