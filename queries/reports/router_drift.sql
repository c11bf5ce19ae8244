/*---
title = "Router drifts to the big model"
doc = "Workloads whose small-model share of requests fell by a quarter or more against the month before the last three weeks."
---*/
with weeks as (
    select workload, family,
        coalesce(sum(requests) filter (tier in ('haiku', 'lite', 'micro') and day > $day - 7), 0)
            / nullif(sum(requests) filter (day > $day - 7), 0) as share,
        sum(requests) filter (tier in ('haiku', 'lite', 'micro') and day <= $day - 21)
            / nullif(sum(requests) filter (day <= $day - 21), 0) as usual_share,
        sum(gross_usd) filter (day > $day - 7) - sum(gross_usd) filter (day between $day - 34 and $day - 28) as usd
    from tier_share_daily
    where day between $day - 48 and $day
    group by all
    having count(distinct tier) > 1
)

select usd::decimal(38, 2) as usd, workload as subject,
    format('{:.0f}% of its {} calls go to the small model, {:.0f}% a month ago', share * 100, family, usual_share * 100) as text
from weeks
where share < usual_share * 0.75 and usd > 0
order by usd desc
limit 2
