/*---
title = "The series of the file under their numbers"
doc = "All columns but `day`, `usd` and `known_on` say which."
---*/
create or replace temp table series_named as
with named as (
    select told, to_json(told) as keys
    from (select distinct struct_pack(*columns(* exclude (day, usd, known_on))) as told from series_file)
)

select row_number() over (order by keys ->> 'subject', keys) as series_id, told, keys::varchar as keys,
    keys ->> 'subject' as subject, keys ->> 'model' as model, coalesce(keys ->> 'environment', '') as environment,
    coalesce(keys ->> 'team', '(untagged)') as team,
    case when count(*) over (partition by keys ->> 'subject') = 1 then keys ->> 'subject'
        else concat(keys ->> 'subject', ' ', keys) end as workload
from named
