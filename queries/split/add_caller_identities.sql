/*---
title = "Callers that no line and no inventory has made known"
---*/
insert into catalogue.identities by name
select (select coalesce(max(identity_id), 0) from catalogue.identities) + row_number() over () as identity_id,
    resource_tail(resource_id) as resource, *
from (
    select distinct c.account_id, c.resource_id, c.principal, t.tag_set_id, c.resource_since,
        md5(row(c.account_id, c.resource_id, c.principal, t.tag_set_id, c.resource_since)::varchar) as identity_key
    from callers_in as c
    join catalogue.tag_sets as t on t.tag_key = md5(c.tags::varchar)
)
where identity_key not in (select identity_key from catalogue.identities)
