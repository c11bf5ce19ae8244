/*---
title = "What each weekday of a series weighs"
grain = "day x series"
[columns]
series_id = "of series_daily"
usd = "gross USD; a day without lines is 0"
age_days = "days since the series began"
weekday_index = "this weekday against the mean of its week, median of the six weeks before; 1 until three are known"
flat_usd = "usd over weekday_index; NULL where little is usual: such a day says nothing about the level"
---*/
with weighed as (
    select *, list_transform(usds, lambda usd, i: case when i > 6 and usd is not null then week_share(usds, i) end) as shares
    from series_lists
),

days as (   -- n is 1 on first_day
    select * exclude (age_days, first_day), first_day + (n - 1)::integer as day, (age_days + n - 1)::integer as age_days, usds[48 + n] as usd,
        weekday_index([shares[41 + n], shares[34 + n], shares[27 + n], shares[20 + n], shares[13 + n], shares[6 + n]])
            as weekday_index
    from (select *, unnest(range(1, len(usds) - 47)) as n from weighed)
)

select series_id, day, age_days, usd, weekday_index,
    case when weekday_index >= 0.2 then usd / weekday_index end as flat_usd
from days
