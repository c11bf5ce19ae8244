/*---
title = "Each tier's share of its model family"
grain = "day x workload x family, tier"
doc = "How far a router sends work to the small model."
[columns]
request_share = "of the family's requests; NULL where CloudWatch has none of one of its tiers"
token_share = "of the family's tokens"
usd_share = "of the family's dollars"
requests = "Bedrock invocations; NULL where CloudWatch has none"
---*/
with tiers as (
    select day, workload, m.family, tier, sum(requests)::bigint as requests, sum(tokens)::bigint as tokens,
        sum(gross_usd) as gross_usd
    from spend_daily
    join (select distinct model, family from kinds where family is not null) as m using (model)
    where tier is not null
    group by all
)

select *,
    case when bool_and(requests is not null) over w then requests / nullif(sum(requests) over w, 0) end as request_share,
    tokens / nullif(sum(tokens) over w, 0) as token_share,
    (gross_usd / nullif(sum(gross_usd) over w, 0))::double as usd_share
from tiers
window w as (partition by day, workload, family)
