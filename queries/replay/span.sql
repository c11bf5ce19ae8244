/*---
title = "First and last day of which anything is known, and the last morning that brought anything"
---*/
select min(day) as first_day, max(day) as last_day, max(known_on) as known_on from series_known
