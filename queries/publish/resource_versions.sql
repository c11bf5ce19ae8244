/*---
title = "Which tags a resource had from when to when"
doc = "Before the first snapshot its tags hold too, and after the last one that lists it: a deleted profile keeps its name."
---*/
create or replace temp table resource_versions as
with seen as (
    select arn, coalesce(snapshot_day, date '0001-01-01') as day, tags, model_id, role_arn, name, resource_type,
        lag(tags) over w is distinct from tags as changed,
        row_number() over w as nth
    from catalogue.resources
    window w as (partition by arn order by snapshot_day nulls first)
),

versions as (
    select *, if(nth = 1, date '0001-01-01', day) as valid_from
    from seen
    where changed or nth = 1
)

select * exclude (changed, nth, day),
    coalesce(lead(valid_from) over (partition by arn order by valid_from), date '9999-12-31') as valid_to
from versions
