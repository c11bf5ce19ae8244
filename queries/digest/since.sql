/*---
title = "What has been spent since a digest's last day, as tokens tell before the bill does"
doc = "Nothing where no source counts tokens. `until_at` is the end of the last hour that is known."
---*/
from (
    select day, sum(estimated_usd)::decimal(38, 2) as estimated_usd, max(hour) + interval 1 hour as until_at
    from estimate_hourly
    where day > $last and hour < $now
    group by day
    order by day desc
    limit 3
)
order by day
