/*---
title = "The dollars of the i-th day of a list against the mean of those known of the seven days to it"
---*/
create or replace macro week_share(usds, i) as usds[i] / nullif(greatest(0, case
    when usds[i - 6] + usds[i - 5] + usds[i - 4] + usds[i - 3] + usds[i - 2] + usds[i - 1] is not null then
        (usds[i - 6] + usds[i - 5] + usds[i - 4] + usds[i - 3] + usds[i - 2] + usds[i - 1] + usds[i]) / 7
    when usds[i] is not null then list_avg(usds[i - 6 : i])
end), 0)
