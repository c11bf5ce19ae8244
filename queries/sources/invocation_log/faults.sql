/*---
title = "Lines that are no call, by file"
---*/
create or replace temp table log_faults (file varchar, fault varchar, lines bigint)
