/*---
title = "What a weekday weighs: the median of its shares of six weeks"
doc = "1 until three of them are known."
---*/
create or replace macro weekday_index(shares) as
    case when list_count(shares) >= 3 then list_median(shares) else 1 end
