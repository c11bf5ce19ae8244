/*---
title = "Spend as series, in numbers alone"
grain = "day x series; every day from the first one seen to the last complete one"
doc = "`series_daily` without names. Where the variable `series_since` is set, the days from it on, until `reset variable series_since`."
[columns]
series_id = "of series_spans"
usd = "gross USD; a day without lines is 0"
identity_id = "of identities: that of the day's dearest line, else of series_spans"
is_final = "every line of the day is final; NULL on a day without lines"
---*/
with leaves as (
    select l.hour::date as day, c.series_id, sum(l.gross_usd)::double as usd,
        arg_max(l.identity_id, l.gross_usd::double) as identity_id, bool_and(l.invoiced or l.hour < c.final_through) as is_final
    from lines as l
    join line_series as c using (identity_id, kind_id, delivery_id)
    join line_classes as s using (line_type)
    where s.is_spend and l.hour < c.last_day + 1 and l.hour >= coalesce(getvariable('series_since')::date, '-infinity')
    group by all
),

holes as (   -- series that lack days
    select series_id, greatest(first_day, getvariable('series_since')::date) as begins, last_day as ends, identity_id
    from series_spans
    left join (select series_id, count(*) as days from leaves group by series_id) using (series_id)
    where coalesce(days, 0) < ends - begins + 1
),

gaps as (   -- a day without lines costs nothing
    select unnest(generate_series(begins, ends, interval 1 day))::date as day, series_id, 0 as usd, identity_id,
        null as is_final
    from holes
)

from leaves
union all
select g.*
from gaps as g
anti join (from leaves semi join holes using (series_id)) as l using (series_id, day)
