/*---
title = "Shown apart from spend"
doc = "Tax, credits, refunds and discounts of the whole ledger."
---*/
select sum(net_usd)::decimal(38, 2) as usd, string_agg(distinct cost_class, ', ' order by cost_class) as subject,
    'booked on the bill, never spread over workloads' as text
from adjustments_daily
where day <= $day
having count(*) > 0
