/*---
title = "How far each bill reaches, and how far it is settled"
doc = "By the data's own clock, over the lines of every service, and never beyond now: a line is settled 48 hours before the last hour that the source has, a Marketplace line 72 hours. A day is complete when the data reaches its end; a daily export has whole days only."
---*/
create or replace table catalogue.marks as
with hours as (
    select delivery_id, max(hour) as last_hour, bool_and(hour = hour::date) as by_day
    from catalogue.lines
    join catalogue.line_classes as c using (line_type)
    where c.cost_class = 'usage' and hour < $now
    group by delivery_id
),

reach as (
    select d.source,
        least($now, greatest(max(h.last_hour), max(r.last_hour) filter (r.last_hour < $now))
            + case when bool_and(coalesce(h.by_day, true) and coalesce(r.last_hour = r.last_hour::date, true)) then interval 1 day else interval 1 hour end)
            as data_through
    from catalogue.deliveries as d
    left join hours as h using (delivery_id)
    left join catalogue.reach as r using (delivery_id)
    where h.last_hour is not null or r.last_hour is not null
    group by d.source
)

select delivery_id, source, data_through,
    (data_through::date - 1)::date as complete_through,
    data_through - interval 48 hours as settled_through,
    data_through - interval 72 hours as settled_through_marketplace
from catalogue.deliveries
join reach using (source)
