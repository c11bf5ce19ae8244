/*---
title = "Billing periods of one payer that come with two deliveries"
---*/
select billing_period, payer_account_id, list(distinct d.origin || ' of ' || d.source order by d.origin || ' of ' || d.source) as origins
from catalogue.billed_daily
join catalogue.deliveries as d using (delivery_id)
group by all
having count(distinct delivery_id) > 1
