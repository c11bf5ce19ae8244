/*---
title = "Distinct tag sets, numbered, every key behind its origin"
---*/
create temp table cur_tag_sets as
select row_number() over () as tag_set, tag_key,
    map_from_entries(list_distinct(list_concat(
        list_transform(map_entries(resource_tags),
            lambda e: struct_pack(key := 'resourceTags/' || e.key, value := e.value)
        ).list_filter(lambda e: not map_contains(tags, e.key)),   -- where both maps have a key, `tags` is right
        map_entries(tags),
        list_transform(map_entries(cost_category),
            lambda e: struct_pack(key := 'costCategory/' || e.key, value := e.value))
    ).list_filter(lambda e: nullif(e.value, '') is not null))) as tags
from (select distinct tag_key, resource_tags, tags, cost_category from cur_keyed)
