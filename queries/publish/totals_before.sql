/*---
title = "Dollars per source, period, day and workload, as published last"
---*/
create or replace temp table totals_before as
select d.source, billing_period, hour::date as day, workload, sum(gross_usd)::decimal(38, 12) as usd,
    bool_and(invoiced or hour < m.settled_through_marketplace) as settled
from catalogue.lines
join catalogue.deliveries as d using (delivery_id)
join catalogue.identities using (identity_id)
left join catalogue.marks as m using (delivery_id)
group by all
