/*---
title = "Which generation this is, and until when every bill that still comes is settled"
doc = "A source that has not come for 31 days beyond the furthest one has ended, and holds nobody back."
---*/
select any_value(generation) as generation,
    (
        select min(settled_through)::date
        from marks
        where complete_through > (select max(complete_through) from marks) - 31
    ) as settled_through
from meta
