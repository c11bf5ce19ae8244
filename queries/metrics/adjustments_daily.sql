/*---
title = "Tax, credits, refunds and discounts"
grain = "day x workload, account, line_type"
doc = "What the bill holds besides spend, as AWS booked it; never spread over workloads."
[columns]
net_usd = "USD; credits are negative"
---*/
select day, workload, account_id, cost_class, line_type, sum(gross_usd) as gross_usd, sum(net_usd) as net_usd
from attributed
where not is_spend
group by all
