/*---
title = "Groups of lines to be split: group x taker, with integer weights"
---*/
create or replace temp table shares as
select group_id, taker, sum(weight)::hugeint as weight
from split_plan
where group_id in (select group_id from split_plan where taker <> '')
group by all
