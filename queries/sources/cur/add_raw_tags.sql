/*---
title = "Maps of keys whose maps were read whole"
---*/
insert into cur_raw_tags by name
select tag_key, map_entries(resource_tags) as resource_tags, map_entries(tags) as tags,
    map_entries(cost_category) as cost_category
from (select distinct tag_key, resource_tags, tags, cost_category from cur_line_tags)
