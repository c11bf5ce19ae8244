/*---
title = "How far each bill reaches, and how far it is settled"
doc = "By the data's own clock: a line is settled 48 hours before the last hour that the source has, a Marketplace line 72 hours. A day is complete when the data reaches its end."
---*/
create or replace table catalogue.marks as
with reach as (
    select d.source, max(l.hour) + interval 1 hour as data_through
    from catalogue.lines as l
    join catalogue.deliveries as d using (delivery_id)
    where l.line_type = 'Usage'
    group by d.source
)

select delivery_id, source, data_through,
    (data_through::date - 1)::date as complete_through,
    data_through - interval 48 hours as settled_through,
    data_through - interval 72 hours as settled_through_marketplace
from catalogue.deliveries
join reach using (source)
