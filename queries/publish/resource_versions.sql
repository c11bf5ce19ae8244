/*---
title = "Which tags a resource had, and which role it ran as, from when to when"
doc = "Before the first snapshot its tags hold too, and after the last one that lists it: a deleted profile keeps its name. Of two answers of one day the one read later holds. What is told is compared by its 64-bit hash, because a year of daily snapshots is millions of maps."
---*/
create or replace temp table resource_versions as
with told as (
    select arn, coalesce(snapshot_day, date '0001-01-01') as day, max(delivery_id) as delivery_id,
        arg_max(hash(tags, role_arn), delivery_id) as tells
    from catalogue.resources
    group by all
),

seen as (
    select *, lag(tells) over w is distinct from tells as changed, row_number() over w as nth
    from told
    window w as (partition by arn order by day)
),

versions as (
    select r.arn, r.tags, r.model_id, r.role_arn, r.name, r.resource_type,
        case when s.nth = 1 then date '0001-01-01' else s.day end as valid_from
    from seen as s
    join catalogue.resources as r
        on r.arn = s.arn and r.delivery_id = s.delivery_id
        and coalesce(r.snapshot_day, date '0001-01-01') = s.day
    where s.changed or s.nth = 1
)

select *, coalesce(lead(valid_from) over (partition by arn order by valid_from), date '9999-12-31') as valid_to
from versions
