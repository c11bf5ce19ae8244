/*---
title = "Count the lines that are no call"
---*/
insert into log_faults
select file, fault, count(*)
from log_records
where fault is not null
group by all
