/*---
title = "Days restated by one generation"
---*/
select count(distinct day) from catalogue.restated where generation = $generation
