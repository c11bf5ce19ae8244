/*---
title = "What the lines of those days are split by now"
---*/
insert into catalogue.splits by name
from splits_in
where (delivery_id, day) in (select (delivery_id, day) from split_days)
