/*---
title = "What each weekday of a series weighs"
grain = "day x series"
[columns]
series_id = "of series_daily"
usd = "gross USD; a day without lines is 0"
age_days = "days since the series began"
weekday_index = "this weekday against the mean of its week, median of the six weeks before; 1 until three are known"
---*/
with weeks as (
    select series_id, day, usd, age_days,
        usd / nullif(avg(usd) over (partition by series_id order by day rows 6 preceding), 0) as share
    from series_daily
),

pasts as (
    select *, [
        first_value(share) over (w rows between 7 preceding and 7 preceding),
        first_value(share) over (w rows between 14 preceding and 14 preceding),
        first_value(share) over (w rows between 21 preceding and 21 preceding),
        first_value(share) over (w rows between 28 preceding and 28 preceding),
        first_value(share) over (w rows between 35 preceding and 35 preceding),
        first_value(share) over (w rows between 42 preceding and 42 preceding)
    ] as shares
    from weeks
    window w as (partition by series_id order by day)
)

select series_id, day, usd, age_days,
    case when list_count(shares) >= 3 then list_median(shares) else 1 end as weekday_index
from pasts
