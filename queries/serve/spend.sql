/*---
title = "Net dollars of the last complete day by workload, the dearest apart and the others together"
---*/
with spend as (
    select day, coalesce(workload, '(untagged)') as workload, sum(net_usd) as usd
    from spend_daily
    where day = (select max(complete_through) from marks)
    group by all
),

ranked as (select *, row_number() over (order by usd desc, workload) <= $workloads as dearest from spend)

select case when dearest then workload else '(other)' end as workload, sum(usd) as usd, any_value(day) as day
from ranked
group by all
order by usd desc
