/*---
title = "Distinct tag sets, numbered, every key behind its origin"
doc = "An absent map and an empty one are one tag set."
---*/
create or replace temp table cur_tag_sets as
select tag_key, tags, dense_rank() over (order by tags) as tag_set
from (
    select distinct tag_key,
        map_from_entries(list_distinct(list_concat(
            list_transform(resource_tags,
                lambda e: struct_pack(key := 'resourceTags/' || e.key, value := e.value)
            ).list_filter(lambda e: not list_contains(list_transform(tags, lambda t: t.key), e.key)),   -- where both maps have a key, `tags` is right
            tags,
            list_transform(cost_category,
                lambda e: struct_pack(key := 'costCategory/' || e.key, value := e.value))
        ).list_filter(lambda e: nullif(e.value, '') is not null))) as tags
    from (
        select tag_key,
            coalesce(resource_tags, []) as resource_tags,
            coalesce(tags, []) as tags,
            coalesce(cost_category, []) as cost_category
        from cur_raw_tags
    )
)
