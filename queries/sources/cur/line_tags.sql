/*---
title = "Tags of Bedrock lines, in the order of the files"
doc = "A scan of its own: maps cost most by themselves, and are let go before the lines come. The dollars tell that both scans saw the same line."
---*/
create or replace temp table cur_line_tags as
select line, resource_tags, tags, cost_category,
    coalesce(nullif(gross::varchar, ''), '0')::decimal(24, 12) as gross_usd
from cur_file
where product_code in $codes
