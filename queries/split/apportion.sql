/*---
title = "Part of a money or usage amount between two marks of a whole"
doc = "Integer arithmetic at the twelfth decimal: parts between consecutive marks sum to the amount, whatever the marks. NULL marks give NULL. Exact while |amount| < 10^12 and whole <= 10^12."
---*/
create or replace temp macro apportion(amount, since, upto, whole) as (
    (
        ((amount * 1000000000000)::hugeint * upto::hugeint // whole::hugeint)
        - ((amount * 1000000000000)::hugeint * since::hugeint // whole::hugeint)
    )::decimal(25, 0) * 0.000000000001::decimal(13, 12)
)
