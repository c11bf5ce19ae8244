/*---
title = "How many bills were read, where no line of any is Bedrock's"
---*/
select count(*) as bills
from deliveries
where kind in ('cur', 'athena') and not exists (from lines)
