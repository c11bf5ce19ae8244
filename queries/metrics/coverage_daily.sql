/*---
title = "How much of the spend has a name, and who gave it"
grain = "day x key, rung"
[columns]
key = "workload, team, environment, cost_center or model_tag"
rung = "resource_tag, inventory_tag, principal_tag, principal, log_split, consumer_split, account or untagged"
usd = "gross USD whose key was answered by this rung"
share = "of the day's spend, 0 to 1"
---*/
with named as (
    select day, attribution_by_key, sum(gross_usd) as usd
    from attributed
    where is_spend
    group by all
),

answers as (
    select day, e.key, e.value as rung, sum(usd) as usd
    from (select day, usd, unnest(map_entries(attribution_by_key)) as e from named)
    group by all
)

select *, (usd / nullif(sum(usd) over (partition by day, key), 0))::double as share
from answers
