/*---
title = "rest * upto // whole"
doc = "In two digits of a million, so that nothing is larger than a bigint: exact while whole <= 10^12."
---*/
create or replace temp macro rest_upto(rest, upto, whole) as
    rest * (upto // 1000000) // whole * 1000000
    + (rest * (upto // 1000000) % whole * 1000000 + rest * (upto % 1000000)) // whole
