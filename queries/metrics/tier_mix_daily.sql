/*---
title = "Haiku : Sonnet"
grain = "day x workload"
doc = "The ratio that tells whether a router routes: 0 when everything goes to Sonnet. NULL where there is no Sonnet to compare with, or a tier whose requests nobody counted."
[columns]
haiku_to_sonnet = "requests to Haiku per request to Sonnet"
haiku_to_sonnet_tokens = "the same by tokens"
haiku_to_sonnet_usd = "the same by dollars"
haiku_share = "Haiku's share of Claude requests"
haiku_requests = "requests to Haiku; NULL where CloudWatch has none"
sonnet_requests = "requests to Sonnet; NULL where CloudWatch has none"
opus_requests = "requests to Opus; NULL where CloudWatch has none"
haiku_tokens = "tokens of Haiku"
sonnet_tokens = "tokens of Sonnet"
haiku_usd = "gross dollars of Haiku"
sonnet_usd = "gross dollars of Sonnet"
---*/
with mix as (
    select day, workload,
        sum(requests) filter (tier = 'haiku')::bigint as haiku_requests,
        sum(requests) filter (tier = 'sonnet')::bigint as sonnet_requests,
        sum(requests) filter (tier = 'opus')::bigint as opus_requests,
        sum(tokens) filter (tier = 'haiku')::bigint as haiku_tokens,
        sum(tokens) filter (tier = 'sonnet')::bigint as sonnet_tokens,
        sum(gross_usd) filter (tier = 'haiku') as haiku_usd,
        sum(gross_usd) filter (tier = 'sonnet') as sonnet_usd,
        case when bool_and(requests is not null) then sum(requests) end as requests
    from tier_share_daily
    where family = 'claude'
    group by all
)

select * exclude (requests) replace (
        case when requests is not null then coalesce(haiku_requests, 0) end as haiku_requests,
        case when requests is not null then coalesce(sonnet_requests, 0) end as sonnet_requests,
        case when requests is not null then coalesce(opus_requests, 0) end as opus_requests
    ),
    case when requests is not null then coalesce(haiku_requests, 0) end / nullif(sonnet_requests, 0) as haiku_to_sonnet,
    coalesce(haiku_tokens, 0) / nullif(sonnet_tokens, 0) as haiku_to_sonnet_tokens,
    (coalesce(haiku_usd, 0) / nullif(sonnet_usd, 0))::double as haiku_to_sonnet_usd,
    coalesce(haiku_requests, 0) / nullif(requests, 0) as haiku_share
from mix
where haiku_tokens is not null or sonnet_tokens is not null
