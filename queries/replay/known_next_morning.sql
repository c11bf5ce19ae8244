/*---
title = "Without a column that says since when, a day is known the morning after"
---*/
alter table series_file add column known_on date
