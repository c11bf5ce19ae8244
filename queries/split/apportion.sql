/*---
title = "Part of an amount between two marks of a whole"
doc = "Integer arithmetic at the twelfth decimal: parts between consecutive marks sum to the amount, whatever the marks. NULL marks give NULL. Exact while |amount| < 10^12 and whole <= 10^12."
---*/
create or replace temp macro apportion(parts, since, upto, whole) as (
    parts.each * (upto - since) + (rest_upto(parts.rest, upto, whole) - rest_upto(parts.rest, since, whole))
)::decimal(25, 0) * 0.000000000001::decimal(13, 12)
