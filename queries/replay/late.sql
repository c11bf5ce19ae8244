/*---
title = "Mornings on which something became known of a day that had been settled"
---*/
with mended as (
    select distinct series_id, day
    from series_known
    where known_on > day + 4
)

select distinct known_on
from (
    select known_on, day, usd <> lag(usd) over (partition by series_id, day order by known_on) as changed
    from series_known
    semi join mended using (series_id, day)
)
where known_on > day + 4 and changed is not false
order by known_on
