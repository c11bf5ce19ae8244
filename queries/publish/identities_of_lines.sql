/*---
title = "The identity of each line"
---*/
create or replace temp table line_identities as
select u.line_id, i.identity_id
from usage_in as u
join catalogue.identities as i
    on i.account_id = u.account_id
    and i.resource_id is not distinct from u.resource_id
    and i.principal is not distinct from u.principal
    and i.tag_set_id = u.tag_set_id
    and i.resource_since is not distinct from u.resource_since
    and i.split_of is null
