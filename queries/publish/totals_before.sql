/*---
title = "Dollars per source, period, day and workload, as published last"
doc = "Of the database in use: the catalogue as it starts, or the file that readers have."
---*/
create or replace temp table totals_before as
select d.source, billing_period, hour::date as day, workload, sum(gross_usd)::decimal(38, 12) as usd,
    bool_and(coalesce(invoiced or hour < case
        when billing_entity = 'AWS Marketplace' then m.settled_through_marketplace
        else m.settled_through
    end, false)) as settled
from lines
join deliveries as d using (delivery_id)
join kinds using (kind_id)
join identities using (identity_id)
left join marks as m using (delivery_id)
group by all
