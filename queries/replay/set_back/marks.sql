/*---
title = "How far each delivery reaches, likewise; two days back it had settled, Marketplace's lines three"
---*/
create or replace temp view marks as
select * replace (
        least(data_through, getvariable('morning')::timestamp) as data_through,
        least(complete_through, getvariable('morning') - 1) as complete_through,
        least(settled_through, getvariable('morning')::timestamp - interval 2 days) as settled_through,
        least(settled_through_marketplace, getvariable('morning')::timestamp - interval 3 days) as settled_through_marketplace
    )
from published.marks
