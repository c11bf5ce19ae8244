/*---
title = "Shares not met before: each its line's identity and a taker"
---*/
insert into catalogue.identities by name
select (select coalesce(max(identity_id), 0) from catalogue.identities) + row_number() over () as identity_id, *
from (
    select distinct md5(i.identity_key || s.taker) as identity_key, i.account_id, i.resource_id, i.resource,
        i.principal, i.tag_set_id, i.resource_since, i.identity_id as split_of, s.taker
    from split_lines as l
    join share_spans as s using (group_id)
    join catalogue.identities as i on i.identity_id = l.line_identity_id
    where s.taker <> ''
)
where identity_key not in (select identity_key from catalogue.identities)
