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
miss = "log of usd over expected_usd, both + $5; less than nothing counts as nothing"
sigma = "the usual size of a miss, in logarithms; at least 0.10; 0.29 until five are known, so that three times is out of the ordinary"
deviation = "miss in sigmas"
worst_ratio = "the largest over-run of those six weeks, in times; NULL where none is known"
highest_usd = "the highest day of five weeks"
explained_usd = "what the calendar explains: expected_usd with what the same day of the last two months was over its own, at least the dearest expectation of this weekday in five weeks; 0 before there is any"
environment = "the environment of the day's dearest line, else of the dearest identity of its last day of spend"
---*/
with pasts as (   -- of each day asked for, what ended three days before it and begins as far back as that may matter
    select d.*, l.usds[greatest(1, d.day - l.first_day - 70) : d.day - l.first_day + 46] as past
    from expected_daily as d
    join series_lists as l using (series_id)
),

weighed as (   -- the expectation of each day of the past, step by step as in expected_daily
    select *, list_transform(past, lambda usd, i: case when i > 6 then week_share(past, i) end) as shares
    from pasts
),

indexed as (
    select * exclude (shares), list_transform(shares, lambda share, i: case when i > 42 then weekday_index(
            [shares[i - 7], shares[i - 14], shares[i - 21], shares[i - 28], shares[i - 35], shares[i - 42]]) end) as indices
    from weighed
),

flattened as (
    select *, list_transform(past, lambda usd, i: case when indices[i] >= 0.2 then usd / indices[i] end) as flats
    from indexed
),

levelled as (
    select * exclude (flats), list_transform(flats, lambda flat, i: case when i > 42 then
            level_usd([flats[i - 9], flats[i - 8],
            flats[i - 7], flats[i - 6], flats[i - 5], flats[i - 4], flats[i - 3]], past[i - 28] is null) end) as levels
    from flattened
),

foreseen as (   -- two months of it
    select * exclude (indices, levels) replace (past[-60:] as past),
        list_transform(past, lambda usd, i: case when i > 42 then expected_usd(levels[i], indices[i],
            [past[i - 7], past[i - 14], past[i - 21], past[i - 28]],
            case when past[i - 28] is null then past[i - 7] end) end)[-60:] as usual
    from levelled
),

missed as (   -- by their distance from the end, where day - 3 is -1
    select *, miss(usd, expected_usd) as miss,
        list_transform(past, lambda one, i: miss(one, usual[i]))[-42:] as misses,
        2 - (day - (day - interval 1 month)::date) as month_ago, 2 - (day - (day - interval 2 months)::date) as two_months_ago
    from foreseen
),

noise as (
    select *, exp(list_max(misses)) as worst_ratio, coalesce(list_max(past[-35:]), 0) as highest_usd,
        list_transform(misses, lambda one: abs(one)) as sizes,
        greatest(usual[-5], usual[-12], usual[-19], usual[-26], usual[-33]) as weekday_usd,
        greatest(past[month_ago] - usual[month_ago], past[two_months_ago] - usual[two_months_ago]) as month_excess_usd
    from missed
),

sigmas as (
    select * exclude (past, usual, misses, sizes, month_ago, two_months_ago, weekday_usd, month_excess_usd),
        greatest(0, weekday_usd, expected_usd + greatest(0, month_excess_usd)) as explained_usd,
        usual_miss(sizes) as sigma
    from noise
)

select *, miss / sigma as deviation
from sigmas
where sigma > 0   -- always so: DuckDB 2.0 plans an aggregate straight above these steps for a quarter of a minute
