/*---
title = "Which tags a resource had, and which role it ran as, from when to when"
doc = "Before the first snapshot its tags hold too, and after the last one that lists it: a deleted profile keeps its name. Of two answers of one day the one read later holds."
---*/
create or replace temp table resource_versions as
with answers as (
    select arn, coalesce(snapshot_day, date '0001-01-01') as day, arg_max(r, delivery_id) as r
    from catalogue.resources as r
    group by all
),

seen as (
    select arn, day, r.tags as tags, r.model_id as model_id, r.role_arn as role_arn, r.name as name,
        r.resource_type as resource_type,
        lag((r.tags, r.role_arn)) over w is distinct from (r.tags, r.role_arn) as changed,
        row_number() over w as nth
    from answers
    window w as (partition by arn order by day)
),

versions as (
    select *, case when nth = 1 then date '0001-01-01' else day end as valid_from
    from seen
    where changed or nth = 1
)

select * exclude (changed, nth, day),
    coalesce(lead(valid_from) over (partition by arn order by valid_from), date '9999-12-31') as valid_to
from versions
