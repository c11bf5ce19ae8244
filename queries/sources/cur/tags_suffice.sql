/*---
title = "Does `tags` repeat `resource_tags` in this file?"
doc = "AWS writes resource tags into both maps, and reading one of them halves the work. False as soon as one of $lines lines has a resource tag that `tags` lacks, or might have."
---*/
select coalesce(bool_and(
    cardinality(resource_tags) <= own and (own > 0 or not taggable)
), false)
from (
    select coalesce(resource_tags, map {}) as resource_tags,
        len(list_filter(map_keys(coalesce(tags, map {})), lambda k: k.starts_with('resourceTags/'))) as own,
        line_type = 'Usage' and not regexp_matches(coalesce(resource_id, ''), '^arn:[^:]*:[^:]*:[^:]*::') as taggable
    from cur_probe
    where product_code in $codes
    limit $lines
)
