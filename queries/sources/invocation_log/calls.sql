/*---
title = "The ledger's rows of a delivery"
---*/
insert into calls by name
with part as (
    select id, sessions, input_sizes, output_sizes
    from (select id, unnest(parts) as part from log_groups) as g
    join log_parts as p on p.rowid = g.part
),

entry as (
    select id, 'session' as what, unnest(sessions) as key from part
    union all
    select id, 'input', unnest(input_sizes) from part
    union all
    select id, 'output', unnest(output_sizes) from part
),

tally as (
    select id, what, key, count(*) as calls
    from entry
    group by all
),

shape as (
    select id,
        nullif(count(*) filter (what = 'session'), 0) as sessions,
        max(calls) filter (what = 'session') as max_calls_per_session,
        list((key, calls)) filter (what = 'input') as input_sizes,
        list((key, calls)) filter (what = 'output') as output_sizes
    from tally
    group by id
)

select g.* exclude (id, parts), s.sessions, s.max_calls_per_session,
    map_from_entries(list_sort(s.input_sizes)) as input_sizes,
    map_from_entries(list_sort(s.output_sizes)) as output_sizes
from log_groups as g
left join shape as s using (id)
