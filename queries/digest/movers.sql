/*---
title = "Workloads that cost much more or less than they usually do over a digest's days"
doc = "Without a past, usual is nothing. `most_day` is the day that moved most; its cause is asked of drivers_daily; `movers` is how many there are, of which $top are given."
---*/
with daily as (
    select workload, day, sum(usd) as usd, coalesce(sum(expected_usd), 0) as usual_usd
    from expected_daily
    where day between $first and $last
    group by all
)

select workload, sum(usd)::decimal(38, 2) as usd, sum(usual_usd)::decimal(38, 2) as usual_usd,
    arg_max(day, (usd - usual_usd) * sign(whole_usd)) as most_day,
    count(*) over () as movers
from (select *, sum(usd - usual_usd) over (partition by workload) as whole_usd from daily)
group by workload
having abs(sum(usd - usual_usd)) >= greatest($least_usd, $least_share * sum(usual_usd))
order by abs(sum(usd - usual_usd)) desc, workload
limit $top
