/*---
title = "A share in words: 59%, and beyond 1000% so many times"
---*/
create or replace macro percent(share) as
    case when share > 10 then format('{:,.0f} times', share::double) else format('{:.0f}%', 100 * share::double) end
