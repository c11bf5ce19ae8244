/*---
title = "How far one number is over or under another, in words: +12%, and beyond +1000% so many times"
---*/
create or replace macro growth(ratio) as
    case when ratio > 11 then format('{:,.0f} times', ratio::double) else format('{:+.0f}%', 100 * (ratio::double - 1)) end
