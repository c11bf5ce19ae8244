/*---
title = "Changes when the tags of a billed resource change on a day: lines must then find their version anew"
---*/
select coalesce(md5(string_agg(arn || valid_from::varchar, ' ' order by arn, valid_from)), '')
from resource_versions
where arn in (
    select resource_id
    from catalogue.identities
    where identity_id in (select distinct identity_id from catalogue.lines)
)
