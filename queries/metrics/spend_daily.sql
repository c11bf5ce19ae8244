/*---
title = "Spend by day"
grain = "day x workload, team, environment, cost_center, account, model, tier, service_tier"
doc = "Usage and fees. Tax, credits, refunds and discounts stand apart in adjustments_daily."
[columns]
gross_usd = "USD, unblended"
net_usd = "USD after discounts: chargeback"
tokens = "tokens of all kinds"
requests = "Bedrock invocations; NULL where CloudWatch has none. They carry no service tier, so they stand on the tier with the most dollars"
basis = "final when every line of the row is"
---*/
with spend as (
    select day, workload, team, environment, cost_center, account_id, account_name, model, tier, service_tier,
        sum(gross_usd) as gross_usd, sum(net_usd) as net_usd, sum(tokens)::bigint as tokens,
        case when bool_and(basis = 'final') then 'final' else 'provisional' end as basis
    from attributed
    where is_spend
    group by all
),

requests as (
    select day, workload, team, environment, cost_center, account_id, model, sum(requests)::bigint as requests
    from requests_hourly
    where namespace in ('AWS/Bedrock', 'AWS/BedrockMantle') and workload is not null
    group by all
),

placed as (
    select *, row_number() over (
        partition by day, workload, team, environment, cost_center, account_id, model
        order by gross_usd desc, service_tier
    ) = 1 as takes_requests
    from spend
)

select p.* exclude (takes_requests), r.requests
from placed as p
left join requests as r
    on p.takes_requests and r.day = p.day   -- said once more, so that a filter on the day reaches the requests
    and (r.day, r.workload, r.team, r.environment, r.cost_center, r.account_id, r.model)
        = (p.day, p.workload, p.team, p.environment, p.cost_center, p.account_id, p.model)
