/*---
title = "Billing periods of one payer that two exports deliver"
---*/
select billing_period, payer_account_id, list(distinct d.origin order by d.origin) as origins
from catalogue.billed_daily
join catalogue.deliveries as d using (delivery_id)
group by all
having count(distinct regexp_replace(d.source || '/' || d.partition, '/file-.*', '')) > 1
