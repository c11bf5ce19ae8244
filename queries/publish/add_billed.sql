/*---
title = "Control totals of one delivery, from the billed lines themselves"
---*/
insert into catalogue.billed_daily by name
select $delivery_id as delivery_id, billing_period, hour::date as day, payer_account_id, account_id, line_type, currency,
    sum(lines) as lines, sum(gross_usd) as gross_usd, sum(net_usd) as net_usd
from usage_read
group by all
