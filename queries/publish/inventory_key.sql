/*---
title = "Changes when a billed resource gets other tags on a day: lines must then find their version anew"
---*/
select coalesce(md5(string_agg(arn || valid_from::varchar, ' ' order by arn, valid_from)), '')
from resource_versions
where arn in (select resource_id from billed_resources)
