/*---
title = "Currencies in the ledger, with where each is met first"
---*/
select currency, min(billing_period) as billing_period, min(d.origin) as origin, sum(lines) as lines
from catalogue.billed_daily
join catalogue.deliveries as d using (delivery_id)
group by currency
order by currency
