/*---
title = "The month of a day: so far, where it is heading, and the one before"
doc = "Net of discounts, as finance counts."
---*/
select month, sum(net_usd)::decimal(38, 2) as net_usd, sum(projected_usd)::decimal(38, 2) as projected_usd,
    sum(previous_usd)::decimal(38, 2) as previous_usd
from spend_monthly
where month = date_trunc('month', $last)
group by month
