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
environment = "the environment of the day's dearest line, else of the dearest identity of its last day of spend"
---*/
select e.day, e.series_id, s.workload, s.model, s.environment, s.team, s.basis, e.usd, e.previous_usd,
    e.age_days, e.weekday_index, e.level_usd, e.expected_usd, e.usd - coalesce(e.expected_usd, 0) as excess_usd,
    case when e.expected_usd > 0 then e.usd / e.expected_usd when e.usd > 0 then 'infinity'::double end as times
from expected_amounts as e
join series_daily as s using (series_id, day)
