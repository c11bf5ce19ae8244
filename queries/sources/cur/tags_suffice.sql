/*---
title = "Does `tags` repeat `resource_tags` in this file?"
doc = "AWS writes resource tags into both maps; reading one of them saves a third of the scan. False as soon as one sampled line has a resource tag that `tags` lacks."
---*/
select coalesce(bool_and(
    coalesce(cardinality(resource_tags), 0) <=
    len(list_filter(map_keys(coalesce(tags, map([]::varchar[], []::varchar[]))), lambda k: k.starts_with('resourceTags/')))
), false)
from (from cur_probe where product_code in $codes limit $lines)
