/*---
title = "Tag sets not met before"
---*/
insert into catalogue.tag_sets by name
select (select coalesce(max(tag_set_id), 0) from catalogue.tag_sets) + row_number() over () as tag_set_id, tag_key, tags
from (select tag_key, any_value(tags) as tags from tag_sets_in group by tag_key)
where tag_key not in (select tag_key from catalogue.tag_sets)
