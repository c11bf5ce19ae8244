/*---
title = "The one group of lines in which each caller's tokens are billed"
doc = "The nearest to what the log says: lines of the called profile before those of the model by its id, lines of the caller before those without one. Lines that name another profile or another caller are never his."
---*/
create or replace temp table caller_groups as
with counted as (
    select *, unnest([
        {'meter': 'input', 'tokens': input_tokens}, {'meter': 'output', 'tokens': output_tokens},
        {'meter': 'cache_read', 'tokens': cache_read_tokens}, {'meter': 'cache_write', 'tokens': cache_write_tokens},
        {'meter': case when called <> '' then 'all' end, 'tokens': coalesce(input_tokens, 0)
            + coalesce(output_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)}
    ], max_depth := 2)
    from catalogue.callers
),

apart as (
    select distinct day, account_id, region, called
    from line_groups
    where called <> ''
),

asked as (
    select row_number() over () as ask, c.*, c.is_profile and a.called is null as falls_back
    from counted as c
    left join apart as a using (day, account_id, region, called)
    where c.tokens > 0 and c.meter is not null
),

places as (
    select a.ask, a.identity_id, a.tokens, a.day, a.account_id, a.region, a.model, a.meter, n.nearness,
        case when n.own_resource then a.called else '' end as called,
        case when n.own_lines then a.principal end as principal
    from asked as a,
        (values (true, true, 1), (true, false, 2), (false, true, 3), (false, false, 4))
            as n(own_resource, own_lines, nearness)
    where (n.own_resource or (a.falls_back and a.meter <> 'all')) and (not n.own_lines or a.principal is not null)
)

select g.group_id, p.identity_id, p.tokens
from places as p
join split_groups as g
    on g.day = p.day and g.account_id = p.account_id and g.region = p.region and g.meter = p.meter
    and g.called = p.called and g.principal is not distinct from p.principal
    and (p.called <> '' or g.model = p.model)
qualify row_number() over (partition by p.ask order by p.nearness, g.group_id) = 1
