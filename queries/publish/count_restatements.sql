/*---
title = "What one generation restated: rows, and days whose bill is another"
---*/
select count(*), count(distinct day) filter (cause = 'bill') from catalogue.restated where generation = $generation
