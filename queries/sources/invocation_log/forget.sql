/*---
title = "The last records have been added up"
---*/
drop table log_records
