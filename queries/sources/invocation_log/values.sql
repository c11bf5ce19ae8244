/*---
title = "Request metadata met so far: keys, and the values of those that are looked for"
---*/
create or replace temp table log_values (key varchar, wanted boolean, value varchar)
