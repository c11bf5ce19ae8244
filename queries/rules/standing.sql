/*---
title = "Which generation this is, and the last day that is settled in every bill that still comes"
doc = "Marketplace lines settle a day later. A source that has not come for 31 days beyond the furthest one has ended, and holds nobody back."
---*/
select any_value(generation) as generation,
    (
        select min(case when of_marketplace then settled_through_marketplace else settled_through end)::date - 1
        from marks
        left join (
            select distinct delivery_id, true as of_marketplace
            from lines
            join kinds using (kind_id)
            where billing_entity = 'AWS Marketplace'
        ) using (delivery_id)
        where complete_through > (select max(complete_through) from marks) - 31
    ) as settled_through
from meta
