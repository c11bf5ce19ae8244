/*---
title = "Spend that the bill does not know yet"
grain = "hour x workload, team, environment, model"
doc = "Tokens at learned rates, minutes behind, for the days after the last complete day of the account's bill. A forecast of the bill, never a part of it: billed days are in spend_daily, and `estimate_error_daily` says how good it has been."
[columns]
workload = "(shared) where several workloads use the resource and nothing says who called"
requests = "NULL where not reported"
unpriced_tokens = "tokens that no rate is known for: their dollars are missing here"
estimated_usd = "USD"
basis = "always estimated"
---*/
with billed as (
    select b.account_id, max(m.complete_through) as through
    from billed_daily as b
    join marks as m using (delivery_id)
    group by b.account_id
)

select p.hour, p.day, coalesce(p.workload, '(shared)') as workload, p.team, p.environment, p.model, p.family, p.tier,
    sum(p.requests)::bigint as requests, sum(p.tokens)::bigint as tokens,
    sum(p.unpriced_tokens)::bigint as unpriced_tokens, sum(p.estimated_usd) as estimated_usd,
    'estimated' as basis
from priced_hourly as p
left join billed as b using (account_id)
where b.through is null or p.day > b.through
group by all
