/*---
title = "Days of a bill whose lines are to be shared anew: nothing is known of the rest that was not known before"
---*/
create or replace temp table split_days as
select distinct delivery_id, day
from (
    (from splits_in except from catalogue.splits)
    union all
    (from catalogue.splits except from splits_in)
)
