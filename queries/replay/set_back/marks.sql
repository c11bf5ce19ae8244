/*---
title = "How far each delivery reaches, likewise; three days back it had settled"
---*/
create or replace temp view marks as
select * replace (
        least(data_through, getvariable('morning')::timestamp) as data_through,
        least(complete_through, getvariable('morning') - 1) as complete_through,
        least(settled_through, getvariable('morning')::timestamp - interval 3 days) as settled_through,
        least(settled_through_marketplace, getvariable('morning')::timestamp - interval 4 days) as settled_through_marketplace
    )
from published.marks
