/*---
title = "Tags of Bedrock lines, in the order of the files"
doc = "A scan of its own: maps cost most by themselves, and are let go before the lines come."
---*/
create or replace temp table cur_line_tags as
select line, resource_tags, tags, cost_category,
    hash(resource_tags, tags, cost_category) as tag_key,
    coalesce(nullif(gross::varchar, ''), '0')::decimal(24, 12) as gross_usd
from cur_tagged
where product_code in $codes
