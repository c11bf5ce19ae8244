/*---
title = "How unusual a day is for its series"
grain = "day x workload, model"
doc = "The day's miss beside the series' own misses of six weeks, and a memory of month days; the last two days are left out. Ask for few days at a time: each is set beside two months."
[columns]
series_id = "of series_daily"
usd = "gross USD; a day without lines is 0"
previous_usd = "the day before; 0 where nothing was spent"
age_days = "days since the series began"
weekday_index = "as in expected_daily"
level_usd = "as in expected_daily"
expected_usd = "as in expected_daily"
miss = "log of usd over expected_usd, both + $5"
sigma = "the usual size of a miss, in logarithms; at least 0.10; 0.29 until five are known, so that three times is out of the ordinary"
deviation = "miss in sigmas"
worst_ratio = "the largest over-run of those six weeks, in times; NULL where none is known"
highest_usd = "the highest day of five weeks"
explained_usd = "what the calendar explains: expected_usd with what the same day of the last two months was over its own, at least the dearest expectation of this weekday in five weeks; 0 before there is any"
environment = "the environment with the most dollars that day, else of the series"
---*/
with misses as not materialized (   -- of the day that is asked for, and of the two months before it
    select *, ln((usd + 5) / (expected_usd + 5)) as miss
    from expected_daily
),

noise as (
    select d.*,
        count(p.miss) filter (p.day >= d.day - 44) as known,
        median(abs(p.miss)) filter (p.day >= d.day - 44) as usual_miss,
        quantile_cont(abs(p.miss), 0.9) filter (p.day >= d.day - 44) as large_miss,
        exp(max(p.miss) filter (p.day >= d.day - 44)) as worst_ratio,
        coalesce(max(p.usd) filter (p.day >= d.day - 37), 0) as highest_usd,
        max(p.expected_usd) filter (p.day >= d.day - 35 and (d.day - p.day) % 7 = 0) as weekday_usd,
        max(p.usd - p.expected_usd) filter (
            p.day in ((d.day - interval 1 month)::date, (d.day - interval 2 months)::date)
        ) as month_excess_usd
    from misses as d
    left join misses as p on p.series_id = d.series_id and p.day between d.day - 62 and d.day - 3
    group by all
)

select * exclude (known, usual_miss, large_miss, weekday_usd, month_excess_usd),
    greatest(0, weekday_usd, expected_usd + greatest(0, month_excess_usd)) as explained_usd,
    case when known < 5 then 0.29 else greatest(0.10, 1.4826 * usual_miss, large_miss / 1.645) end as sigma,
    miss / case when known < 5 then 0.29 else greatest(0.10, 1.4826 * usual_miss, large_miss / 1.645) end as deviation
from noise
