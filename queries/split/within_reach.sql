/*---
title = "Whether a line's amounts are small enough to be split exactly; an absurd one stays whole"
---*/
create or replace temp macro within_reach(amount, gross_usd, net_usd, list_usd) as
    greatest(abs(coalesce(amount, 0)), abs(gross_usd), abs(net_usd), abs(coalesce(list_usd, 0))) < 1000000000000
