/*---
title = "What the scan of the tags saw"
---*/
select count(*), coalesce(sum(gross_usd), 0) from cur_tag_keys
