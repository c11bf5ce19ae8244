/*---
title = "A day of the bill is incomplete"
severity = "warn"
headline = "the bill of {day:%d %b} is {fault}"
summary = "The bill of {day_name} {day:%d %b} is {fault}: {lines:,} lines and {usd_of_day:usd}; {against}. Its workloads are not judged until the bill is whole, or settled."
why = "AWS delivers a day over many hours, and a copy may stop on the way: half a day looks like a collapse, and a day delivered twice over like calm."
next_step = "Look whether the export is complete (Billing and Cost Management, Data Exports), and whatever copies it; run finops sync again. Nothing is lost: for a month, the day is judged when it is whole."
days = 3

[params.share]
value = 0.5
unit = "share"
doc = "fewer lines than this share of the least of the last four same weekdays, and so in most series fewer dollars, are a day that is not all there"

[params.min_series]
value = 3
unit = "series"
doc = "fewer cannot tell a bill that stops from a workload that does"
---*/
with bill as (
    select day, sum(lines) as lines
    from billed_daily
    join line_classes using (line_type)
    where is_spend and day in ($day, $day - 7, $day - 14, $day - 21, $day - 28)
    group by day
),

counts as (
    select sum(lines) filter (day = $day) as lines, min(lines) filter (day < $day) as usual_lines,
        count(*) filter (day < $day) as weeks
    from bill
),

near as (
    select series_id, day, usd, basis, day in (select day from bill where day < $day) as is_known
    from series_daily
    where day between $day - 8 and $day or day in ($day - 14, $day - 21, $day - 28)
),

series as (
    select series_id,
        max(usd) filter (day = $day) as usd,
        min(usd) filter (is_known) as least_usd,
        count(*) filter (is_known) = (select weeks from counts) as regular,
        bool_or(basis <> 'final') filter (day = $day) as provisional
    from near
    group by series_id
    having count(*) filter (day = $day) = 1
),

dollars as (
    select coalesce(sum(usd), 0) as usd, coalesce(sum(least_usd) filter (regular), 0) as usual_usd,
        count(*) filter (regular and least_usd > 0) as known,
        count(*) filter (regular and least_usd > 0 and usd < $share * least_usd) as low,
        bool_or(provisional) as provisional
    from series
),

pairs as (   -- of each day, whether every series that spent cost to the cent what it cost the day before
    select a.day, count(*) as spending, bool_and(a.usd = b.usd) as same
    from near as a
    join near as b on b.series_id = a.series_id and b.day = a.day - 1
    where a.day > $day - 8 and a.usd > 0
    group by a.day
),

copies as (
    select coalesce(bool_or(same and spending >= $min_series) filter (day = $day), false)
        and not coalesce(bool_or(same) filter (day < $day), false) as frozen
    from pairs
),

verdicts as (
    select c.*, d.usd, d.usual_usd, d.low, d.known,
        case
            when f.frozen then 'that of the day before'
            when c.weeks >= 3 and coalesce(c.lines, 0) < $share * c.usual_lines
                and d.known >= $min_series and d.low > d.known / 2 then 'not all there'
        end as fault
    from counts as c
    cross join dollars as d
    cross join copies as f
    where d.provisional or c.lines is null   -- a bill without a line is not all there, however old
)

select 'the bill' as subject, fault, $day as day, dayname($day) as day_name,
    coalesce(lines, 0)::bigint as lines, usd::decimal(38, 2) as usd_of_day,
    case when fault = 'not all there' then format('no {} of the last {} had less than {:,} lines, and {} of {} series cost less than {:.0f}% of their least',
            dayname($day), weeks, usual_lines::bigint, low, known, 100 * $share::double)
        else 'every amount is the same to the cent, which it never is' end as against
from verdicts
where fault is not null
