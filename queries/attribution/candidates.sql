/*---
title = "Every name that every identity could get, with its rung"
doc = "One row per identity x key x answer. Rungs are those of the ladder; 5 and 6 split lines and answer elsewhere. Request metadata names callers of the log, never a line, and goes before who they are."
---*/
create or replace temp table candidates as
with line_tags as (
    select tag_set_id, split_part(e.key, '/', 1) as origin, substr(e.key, strpos(e.key, '/') + 1) as name, e.value
    from (select tag_set_id, unnest(map_entries(tags)) as e from catalogue.tag_sets)
    where e.key not like 'resourceTags/aws\_%' escape '\' and e.key not like 'resourceTags/aws:%'
        and trim(e.value) <> ''
),

named_tags as (
    select tag_set_id, origin, a.key, value, a.rank, name <> a.spelling as respelled, name
    from line_tags
    join aliases as a on same_key(name) = same_key(a.spelling)
),

inventory_tags as (
    select arn, valid_from, a.key, e.value, a.rank, e.key <> a.spelling as respelled, e.key as name
    from (select arn, valid_from, unnest(map_entries(tags)) as e from resource_versions)
    join aliases as a on same_key(e.key) = same_key(a.spelling)
    where trim(e.value) <> ''
),

consumer_tags as (   -- a role answers for itself, and for what runs as it as long as all of them agree
    select role_arn, key, min(value) as value
    from (
        select v.arn, coalesce(any_value(v.role_arn), v.arn) as role_arn, t.key,
            arg_min(t.value, (t.rank, t.respelled, t.name)) as value
        from resource_versions as v
        join inventory_tags as t using (arn, valid_from)
        where v.valid_to = date '9999-12-31' and (v.role_arn is not null or v.resource_type = 'role')
        group by v.arn, t.key
    )
    group by role_arn, key
    having count(distinct value) = 1
),

account_tags as (   -- as Organizations has them now
    select split_part(v.arn, '/', -1) as account_id, t.key, t.value, t.rank, t.respelled, t.name
    from resource_versions as v
    join inventory_tags as t using (arn, valid_from)
    where v.valid_to = date '9999-12-31' and v.resource_type = 'account' and v.arn like 'arn:%:organizations:%'
)

select identity_id, key, 1 as rung, 'resource_tag' as answer, value, rank, respelled, name
from catalogue.identities
join named_tags using (tag_set_id)
where origin = 'resourceTags'
union all
select identity_id, key, 2, 'inventory_tag', value, rank, respelled, name
from catalogue.identities as i
join inventory_tags as t on t.arn = i.resource_id and t.valid_from = i.resource_since
union all
select identity_id, key, 3, 'principal_tag', value, rank, respelled, name
from catalogue.identities
join named_tags using (tag_set_id)
where origin = 'iamPrincipal'
union all
select identity_id, key, 3, 'request_metadata', value, rank, respelled, name
from catalogue.identities
join named_tags using (tag_set_id)
where origin = 'requestMetadata'
union all
select identity_id, key, 4, 'principal', value, 0, false, 'principals.' || subject
from catalogue.identities
join given_names on scope = 'principal' and (principal = subject or ends_with(principal, ':' || subject))
union all
select identity_id, key, 4, 'principal', value, 1, false, role_arn
from catalogue.identities as i
join consumer_tags as c
    on i.principal = c.role_arn
    or (i.principal like 'arn:%:role/%' and split_part(i.principal, ':', 5) = split_part(c.role_arn, ':', 5)
        and split_part(i.principal, '/', -1) = split_part(c.role_arn, '/', -1))
union all
select identity_id, key, 7, 'account', value, 0, false, 'accounts.' || subject
from catalogue.identities
join given_names on scope = 'account' and account_id = subject
union all
select identity_id, key, 7, 'account', value, 1 + rank, respelled, name
from catalogue.identities
join named_tags using (tag_set_id)
where origin = 'accountTag'
union all
select identity_id, key, 7, 'account', value, 500 + rank, respelled, name   -- the bill has those of its time, and wins
from catalogue.identities
join account_tags using (account_id)
union all
select identity_id, g.key, 7, 'account', l.value, 1000, false, l.name
from catalogue.identities
join line_tags as l using (tag_set_id)
join given_names as g on g.scope = 'cost_category' and same_key(l.name) = same_key(g.value)
where l.origin = 'costCategory'
