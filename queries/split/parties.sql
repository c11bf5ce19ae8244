/*---
title = "Whose line a line or a share is, and the workload that rungs 1 to 4 give it"
---*/
create or replace temp table parties as
select i.identity_id, l.identity_id as line_identity_id, called_of(l.resource_id) as called, l.principal,
    case when l.attribution in ('resource_tag', 'inventory_tag', 'principal_tag', 'principal') then l.workload end
        as workload,
    l.identity_id in (select split_of from catalogue.identities where split_of is not null) as was_split
from catalogue.identities as i
join catalogue.identities as l on l.identity_id = coalesce(i.split_of, i.identity_id)
