/*---
title = "Every value of the file: of which series, of which day, known since when"
doc = "Without `known_on`, a day is known the morning after."
---*/
create or replace temp table series_known as
with rows as (
    select row_number() over () as line, day::varchar as day_text, usd::varchar as usd_text,
        known_on::varchar as known_text, date_of(day) as day, try_cast(usd as double) as usd,
        case when known_on is null then date_of(day) + 1 else date_of(known_on) end as known_on,
        struct_pack(*columns(* exclude (day, usd, known_on))) as told
    from series_file
)

select n.series_id, r.day, r.known_on, r.usd, n.environment, n.team, r.line,
    case   -- a row that is no value is told as it was written
        when r.day is null or r.usd is null or not abs(r.usd) < 1e15 or r.known_on is null or r.known_on <= r.day
            or n.subject is null or n.subject = ''
        then {'subject': n.subject, 'day': r.day_text, 'usd': r.usd_text, 'known_on': r.known_text}
    end as fault
from rows as r
join series_named as n using (told)
