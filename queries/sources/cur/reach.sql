/*---
title = "How far the data of every service reaches"
doc = "A last line by order and not a maximum: it is pushed into the scan, which then skips nearly all row groups."
---*/
insert into reach by name
select date_trunc('hour', usage_start::timestamp) as last_hour
from cur_file
where line_type = 'Usage' and try_cast(usage_start as timestamp) is not null
order by usage_start desc
limit 1
