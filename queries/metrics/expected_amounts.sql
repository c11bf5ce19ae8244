/*---
title = "What each series is expected to cost, in numbers alone"
grain = "day x series; every day from the first one seen to the last complete one"
doc = "`expected_daily` without names: recent level x weekday index. The last two days are left out of the baseline, so that a spike neither hides nor echoes, and a bill that is late does not move it."
[columns]
series_id = "of series_spans"
usd = "as in expected_daily"
previous_usd = "as in expected_daily"
age_days = "as in expected_daily"
weekday_index = "as in expected_daily"
level_usd = "as in expected_daily"
expected_usd = "as in expected_daily"
---*/
with weighed as (   -- of each day its place i, from the first on of which a week is known, and its share of that week
    select series_id, list(week_share(usds, i) order by i) as shares
    from (select series_id, usds, unnest(range(7, len(usds) + 1)) as i from series_lists)
    group by series_id
),

indexed as (
    select series_id, i, usds[i] as usd, weekday_index(
            [shares[i - 13], shares[i - 20], shares[i - 27], shares[i - 34], shares[i - 41], shares[i - 48]]) as weekday_index
    from (
        select series_id, l.usds, w.shares, unnest(range(49, len(l.usds) + 1)) as i
        from series_lists as l
        join weighed as w using (series_id)
    )
),

flattened as (   -- where little is usual, a day says nothing about the level; nine places before are left empty
    select series_id, list(weekday_index order by i) as indices, list_concat(list_resize([]::double[], 9),
            list(case when weekday_index >= 0.2 then usd / weekday_index end order by i)) as flats
    from indexed
    group by series_id
),

levelled as (
    select series_id, first_day, age_days, usds, i, indices[i - 48] as weekday_index, usds[i - 28] is null as is_young, level_usd(
            [flats[i - 48], flats[i - 47], flats[i - 46], flats[i - 45], flats[i - 44], flats[i - 43], flats[i - 42]],
            usds[i - 28] is null) as level_usd
    from (
        select series_id, l.first_day, l.age_days, l.usds, f.indices, f.flats, unnest(range(49, len(l.usds) + 1)) as i
        from series_lists as l
        join flattened as f using (series_id)
    )
)

select first_day + (i - 49)::integer as day, series_id, usds[i] as usd, coalesce(usds[i - 1], 0) as previous_usd,
    (age_days + i - 49)::integer as age_days, weekday_index, level_usd,
    expected_usd(level_usd, weekday_index, [usds[i - 7], usds[i - 14], usds[i - 21], usds[i - 28]],
        case when is_young then usds[i - 7] end) as expected_usd
from levelled
