/*---
title = "The month of a day: so far, where it is heading, and the one before"
doc = "Net of discounts, as finance counts. Of a day before the last complete one, what the month had cost by then; where it was heading then, nobody knows any more."
---*/
with known as (
    select $last < max(complete_through) as is_past from marks
)

select month, any_value(is_past) as is_past,
    case when any_value(is_past) then (
            select sum(net_usd) from attributed where day between date_trunc('month', $last) and $last
        ) else sum(net_usd) end::decimal(38, 2) as net_usd,
    case when not any_value(is_past) then sum(projected_usd) end::decimal(38, 2) as projected_usd,
    sum(previous_usd)::decimal(38, 2) as previous_usd
from spend_monthly
cross join known
where month = date_trunc('month', $last)
group by month
