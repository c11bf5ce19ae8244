/*---
title = "Every value of the file: of which series, of which day, known since when"
doc = "All columns but `day`, `usd` and `known_on` are keys. Without `known_on`, a day is known the morning after."
---*/
create or replace temp table series_read as
with texts as (
    select to_json(f) as told from series_file as f
)

select row_number() over () as line, told ->> 'day' as day_text, told ->> 'usd' as usd_text,
    told ->> 'known_on' as known_text,
    try_cast(told ->> 'day' as timestamp)::date as day, try_cast(told ->> 'usd' as double) as usd,
    case when told ->> 'known_on' is null then try_cast(told ->> 'day' as timestamp)::date + 1
        else try_cast(told ->> 'known_on' as timestamp)::date end as known_on,
    told ->> 'subject' as subject,
    json_merge_patch(told, '{"day": null, "usd": null, "known_on": null}') as keys
from texts
