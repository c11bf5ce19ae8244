/*---
title = "Shares as spans of a whole"
doc = "The spans of a group follow each other from 0 to its whole, so nothing is left over and nothing is given twice, in an order that no numbering of rows decides. A whole beyond what `apportion` is exact for is scaled; a share that then has no width is none."
---*/
create or replace temp table share_spans as
with spans as (
    select group_id, taker,
        sum(weight) over w - weight as since,
        sum(weight) over w as upto,
        sum(weight) over (partition by group_id) as whole
    from shares
    where weight > 0
    window w as (partition by group_id order by taker rows unbounded preceding)
)

select *
from (
    select group_id, taker,
        (case when whole > 1000000000000 then since * 1000000000000 // whole else since end)::bigint as since,
        (case when whole > 1000000000000 then upto * 1000000000000 // whole else upto end)::bigint as upto,
        least(whole, 1000000000000)::bigint as whole
    from spans
)
where upto > since
