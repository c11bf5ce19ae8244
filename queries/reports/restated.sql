/*---
title = "The bill was restated"
doc = "Days whose dollars changed after they were first read, from first to last reading; the last days of the bill always do. Dollars that only moved between names are no news of the bill."
---*/
with days as (
    select day, workload, arg_min(before_usd, generation) as before_usd, arg_max(after_usd, generation) as after_usd
    from restatements
    where day between $day - 60 and $day and coalesce(cause, 'bill') = 'bill'
    group by all
),

parts as (
    select case when day < $day - 3 then strftime(day, '%d %b') else 'last days' end as subject,
        count(distinct workload) as workloads, sum(before_usd)::double as before_usd, sum(after_usd)::double as after_usd
    from days
    group by all
)

select (after_usd - before_usd)::decimal(38, 2) as usd, subject,
    format('${:,.2f} became ${:,.2f} in {} workload(s)', before_usd, after_usd, workloads) as text
from parts
order by usd desc
limit 3
