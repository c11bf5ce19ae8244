/*---
title = "Identities not met before"
---*/
insert into catalogue.identities by name
select (select coalesce(max(identity_id), 0) from catalogue.identities) + row_number() over () as identity_id,
    resource_tail(resource_id) as resource, *
from (
    select *, md5(row(account_id, resource_id, principal, tag_set_id, resource_since)::varchar) as identity_key
    from (select distinct account_id, resource_id, principal, tag_set_id, resource_since from usage_in)
)
where identity_key not in (select identity_key from catalogue.identities)
