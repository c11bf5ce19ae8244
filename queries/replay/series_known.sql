/*---
title = "The values of the file, under the number of their series"
---*/
create or replace temp table series_known as
with series as (
    select keys, any_value(subject) as subject, row_number() over (order by any_value(subject), keys) as series_id,
        count(*) over (partition by any_value(subject)) as alike
    from series_read
    group by keys
)

select s.series_id, r.day, r.known_on, r.usd,
    case when s.alike = 1 then s.subject else concat(s.subject, ' ', s.keys) end as workload,
    s.keys ->> 'model' as model, coalesce(s.keys ->> 'environment', '') as environment,
    coalesce(s.keys ->> 'team', '(untagged)') as team, s.keys::varchar as keys
from series_read as r
join series as s using (keys)
