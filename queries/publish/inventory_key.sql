/*---
title = "Changes when a resource's tags change on a day: lines must then find their version anew"
---*/
select coalesce(md5(string_agg(arn || valid_from::varchar, ' ' order by arn, valid_from)), '')
from resource_versions
