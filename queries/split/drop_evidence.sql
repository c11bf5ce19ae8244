/*---
title = "What the lines of those days were split by before"
---*/
delete from catalogue.splits
where (delivery_id, day) in (select (delivery_id, day) from split_days)
