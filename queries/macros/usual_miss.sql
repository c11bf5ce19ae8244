/*---
title = "The usual size of a miss, of the sizes of past ones, in logarithms"
doc = "0.29 until five are known, so that three times is out of the ordinary; then the larger of what their median and their nine in ten say of a normal one, at least 0.10."
---*/
create or replace macro usual_miss(sizes) as case
    when list_count(sizes) < 5 then 0.29
    else greatest(0.10, 1.4826 * list_median(sizes), list_aggregate(sizes, 'quantile_cont', 0.9) / 1.645)
end
