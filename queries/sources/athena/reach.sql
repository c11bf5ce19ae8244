/*---
title = "How far the data of every service reaches"
---*/
insert into reach
select $last_hour::timestamp
where $last_hour::timestamp is not null
