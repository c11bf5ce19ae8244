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
excess_usd = "as in expected_daily; like `times` and `day` a plain condition on it spares the days that it excludes"
times = "as in expected_daily"
miss = "log of usd over expected_usd, both + $5"
sigma = "the usual size of a miss, in logarithms; at least 0.10; 0.29 until five are known, so that three times is out of the ordinary"
deviation = "miss in sigmas"
worst_ratio = "the largest over-run of those six weeks, in times; NULL where none is known"
highest_usd = "the highest day of five weeks"
explained_usd = "what the calendar explains: expected_usd with what the same day of the last two months was over its own, at least the dearest expectation of this weekday in five weeks; 0 before there is any"
environment = "the environment with the most dollars that day, else of the series"
---*/
with noise as (
    select d.*, ln((d.usd + 5) / (d.expected_usd + 5)) as miss, p.*
    from expected_daily as d,
    lateral (   -- the two months before it, of those days only that are asked for
        select count(miss) filter (day >= d.day - 44) as known,
            median(abs(miss)) filter (day >= d.day - 44) as usual_miss,
            quantile_cont(abs(miss), 0.9) filter (day >= d.day - 44) as large_miss,
            exp(max(miss) filter (day >= d.day - 44)) as worst_ratio,
            coalesce(max(usd) filter (day >= d.day - 37), 0) as highest_usd,
            max(expected_usd) filter (day >= d.day - 35 and (d.day - day) % 7 = 0) as weekday_usd,
            max(usd - expected_usd) filter (
                day in ((d.day - interval 1 month)::date, (d.day - interval 2 months)::date)
            ) as month_excess_usd
        from (
            select day, usd, expected_usd, ln((usd + 5) / (expected_usd + 5)) as miss
            from expected_daily as e
            where e.series_id = d.series_id and e.day between d.day - 62 and d.day - 3
        )
    ) as p
),

sigmas as (
    select * exclude (known, usual_miss, large_miss, weekday_usd, month_excess_usd),
        greatest(0, weekday_usd, expected_usd + greatest(0, month_excess_usd)) as explained_usd,
        case when known < 5 then 0.29 else greatest(0.10, 1.4826 * usual_miss, large_miss / 1.645) end as sigma
    from noise
)

select *, miss / sigma as deviation
from sigmas
