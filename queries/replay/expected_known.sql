/*---
title = "The last three days before each morning, as they were known on it"
doc = "`lag` 0 is the day before the morning. Their expectation does not depend on them: the baseline leaves them out."
---*/
create or replace temp table expected_known as
with lags as (
    select unnest([0, 1, 2]) as lag
),

arrivals as (
    select day, min(known_on) as known_on from series_known group by day
),

values as (
    select k.series_id, k.day, l.lag, arg_max(k.usd, k.known_on) as usd
    from series_known as k
    join lags as l on k.known_on <= k.day + 1 + l.lag
    where k.day >= $since
    group by all
),

previous as (
    select k.series_id, k.day + 1 as day, l.lag, arg_max(k.usd, k.known_on) as usd
    from series_known as k
    join lags as l on k.known_on <= k.day + 2 + l.lag
    where k.day >= $since - 1
    group by all
)

select e.* replace (
        coalesce(v.usd, 0) as usd, coalesce(p.usd, 0) as previous_usd,
        coalesce(v.usd, 0) - coalesce(e.expected_usd, 0) as excess_usd,
        case when e.expected_usd > 0 then coalesce(v.usd, 0) / e.expected_usd when v.usd > 0 then 'infinity'::double end as times,
        case when l.lag < 2 then 'provisional' else 'final' end as basis
    ),
    e.day + 1 + l.lag as morning
from expected_settled as e
cross join lags as l
join arrivals as a on a.day = e.day and a.known_on <= e.day + 1 + l.lag
left join values as v on v.series_id = e.series_id and v.day = e.day and v.lag = l.lag
left join previous as p on p.series_id = e.series_id and p.day = e.day and p.lag = l.lag
where e.day >= $since
order by morning, e.day
