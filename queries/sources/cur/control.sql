/*---
title = "What the file itself says, counted in a scan of its own"
---*/
select count(*), coalesce(sum(coalesce(nullif(gross::varchar, ''), '0')::decimal(24, 12)), 0)
from cur_file
where product_code in $codes
