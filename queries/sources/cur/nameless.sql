/*---
title = "Lines whose resource tags only the other map can tell"
doc = "`tags` shows none of the resource's tags, and the resource is not AWS's own: an ARN without an account is a shared model, which a customer cannot tag."
---*/
select count(*)
from cur_lines
where line_type = 'Usage'
    and not regexp_matches(coalesce(resource_id, ''), '^arn:[^:]*:[^:]*:[^:]*::')
    and tag_key not in (
        select tag_key
        from cur_tag_sets
        where len(list_filter(map_keys(tags), lambda k: k.starts_with('resourceTags/'))) > 0
    )
