/*---
title = "Resources of the inventory are named even before, or without, a billed line of theirs"
---*/
insert into catalogue.identities by name
select (select coalesce(max(identity_id), 0) from catalogue.identities) + row_number() over () as identity_id,
    resource_tail(resource_id) as resource, *
from (
    select split_part(arn, ':', 5) as account_id, arn as resource_id, null::varchar as principal, tag_set_id,
        valid_from as resource_since,
        md5(row(split_part(arn, ':', 5), arn, null::varchar, tag_set_id, valid_from)::varchar) as identity_key
    from resource_versions, catalogue.tag_sets
    where cardinality(catalogue.tag_sets.tags) = 0
)
where identity_key not in (select identity_key from catalogue.identities)
