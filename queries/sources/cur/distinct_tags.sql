/*---
title = "Distinct tag sets, numbered, every key behind its origin"
doc = "An absent map and an empty one are one tag set, as they have one hash."
---*/
create or replace temp table cur_tag_sets as
select tag_key, tags, dense_rank() over (order by tags) as tag_set
from (
    select tag_key,
        map_from_entries(list_distinct(list_concat(
            list_transform(map_entries(resource_tags),
                lambda e: struct_pack(key := 'resourceTags/' || e.key, value := e.value)
            ).list_filter(lambda e: not map_contains(tags, e.key)),   -- where both maps have a key, `tags` is right
            map_entries(tags),
            list_transform(map_entries(cost_category),
                lambda e: struct_pack(key := 'costCategory/' || e.key, value := e.value))
        ).list_filter(lambda e: nullif(e.value, '') is not null))) as tags
    from (
        select distinct tag_key,
            coalesce(resource_tags, map {}) as resource_tags,
            coalesce(tags, map {}) as tags,
            coalesce(cost_category, map {}) as cost_category
        from (
            select distinct k.tag_key, l.resource_tags, l.tags, l.cost_category
            from cur_line_tags as l
            join cur_tag_keys as k using (line)
        )
    )
)
