/*---
title = "What each series is expected to cost"
grain = "day x workload, model; every day from the first one seen to the last complete one"
doc = "Recent level x weekday index. The last two days are left out of the baseline, so that a spike neither hides nor echoes, and a bill that is late does not move it. Every spend rule reads this view."
[columns]
series_id = "of series_daily"
usd = "gross USD; a day without lines is 0"
previous_usd = "the day before; 0 where nothing was spent"
age_days = "days since the series began"
weekday_index = "this weekday against the mean of its week, median of six weeks; 1 until three are known"
level_usd = "median of seven recent days at an index of 1; NULL where fewer than three of them are usual weekdays, once that is known"
expected_usd = "level x index; where there is no level, the median of the same weekday of four weeks; in the first four weeks at least the same day last week; NULL before anything is known"
excess_usd = "usd over expected_usd; all of it where nothing is expected"
times = "usd over expected_usd, as a factor; infinite where nothing is expected, NULL where nothing was spent either"
environment = "the environment with the most dollars that day, else of the series"
---*/
with levelled as (   -- a day of which little is usual says nothing about the level
    select *, case when weekday_index >= 0.2 then usd / weekday_index end as flat_usd
    from weekday_daily
),

pasts as (
    select *,
        list(flat_usd) over (w rows between 9 preceding and 3 preceding) as recent,
        [
            first_value(usd) over (w rows between 7 preceding and 7 preceding),
            first_value(usd) over (w rows between 14 preceding and 14 preceding),
            first_value(usd) over (w rows between 21 preceding and 21 preceding),
            first_value(usd) over (w rows between 28 preceding and 28 preceding)
        ] as same_weekday,
        first_value(usd) over (w rows between 1 preceding and 1 preceding) as previous_usd
    from levelled
    window w as (partition by series_id order by day)
),

levels as (
    select *, case when list_count(recent) >= 3 or age_days < 28 then list_median(recent) end as level_usd
    from pasts
)

select s.day, s.series_id, s.workload, s.model, s.environment, s.team, s.basis, l.usd,
    coalesce(l.previous_usd, 0) as previous_usd, l.age_days, l.weekday_index, l.level_usd,
    greatest(
        coalesce(l.level_usd * l.weekday_index, list_median(l.same_weekday)),
        case when l.age_days < 28 then l.same_weekday[1] end
    ) as expected_usd,
    l.usd - coalesce(expected_usd, 0) as excess_usd,
    case when expected_usd > 0 then l.usd / expected_usd when l.usd > 0 then 'infinity'::double end as times
from levels as l
join series_daily as s on s.series_id = l.series_id and s.day = l.day
