/*---
title = "The bill was restated"
doc = "Days whose dollars changed after they were first read; the last two days of the bill always do."
---*/
select sum(after_usd - before_usd)::decimal(38, 2) as usd,
    if(day < $day - 3, strftime(day, '%d %b'), 'last days') as subject,
    if(day < $day - 3,
        format('${:,.2f} became ${:,.2f}', sum(before_usd)::double, sum(after_usd)::double),
        format('{} workloads settled late, ${:,.2f} became ${:,.2f}', count(distinct workload), sum(before_usd)::double,
            sum(after_usd)::double)) as text
from restatements
where day between $day - 60 and $day
group by if(day < $day - 3, strftime(day, '%d %b'), 'last days'), day < $day - 3
order by usd desc
limit 3
