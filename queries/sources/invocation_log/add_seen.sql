/*---
title = "Remember the requests at hand"
---*/
insert into log_seen
select hour, request from log_records where fault is null and request is not null
