/*---
title = "Shares of split lines as spans of a whole"
doc = "`shares` has one row per line x taker with an integer weight; the spans of a line follow each other from 0 to its whole, so nothing is left over and nothing is given twice."
---*/
create or replace temp table share_spans as
select line_id, identity_id,
    sum(weight) over w - weight as since,
    sum(weight) over w as upto,
    sum(weight) over (partition by line_id) as whole
from shares
where weight > 0
window w as (partition by line_id order by identity_id rows unbounded preceding)
