/*---
title = "Requests that have been counted, by hour"
---*/
create or replace temp table log_seen (hour timestamp, request uhugeint)
