/*---
title = "What each caller used on a day, as the invocation logs have it"
doc = "Of the request metadata only what [tags] looks for tells callers apart. Nobody uses 10^15 tokens of a model in a day: an absurd count stays within what shares are exact for."
---*/
create or replace temp table callers_in as
with asked as (
    select hour::date as day, account_id, region, model_id, principal, metadata,
        least(sum(greatest(input_tokens, 0)), 1000000000000000)::bigint as input_tokens,
        least(sum(greatest(output_tokens, 0)), 1000000000000000)::bigint as output_tokens,
        least(sum(greatest(cache_read_tokens, 0)), 1000000000000000)::bigint as cache_read_tokens,
        least(sum(greatest(cache_write_tokens, 0)), 1000000000000000)::bigint as cache_write_tokens
    from catalogue.calls
    group by all
),

told as (
    select metadata, map_from_entries(list(('requestMetadata/' || e.key, e.value) order by e.key)) as tags
    from (
        select metadata, unnest(map_entries(metadata)) as e
        from (select distinct metadata from asked)
    )
    where same_key(e.key) in (select same_key(spelling) from aliases) and trim(e.value) <> ''
    group by metadata
),

resources as (   -- an id is of one resource, or its tokens would count twice
    select min(arn) as arn, split_part(arn, ':', 5) as account_id, split_part(arn, ':', 4) as region,
        resource_tail(arn) as called
    from resource_versions
    where arn like 'arn:%:bedrock:%' and called_of(arn) <> ''
    group by account_id, region, called
)

select a.*, called_of(a.model_id) as called, coalesce(t.tags, map {}) as tags,
    case when called_of(a.model_id) <> '' and a.model_id like 'arn:%' then a.model_id else r.arn end as resource_id,
    v.valid_from as resource_since, v.model_id as runs
from asked as a
left join told as t on t.metadata = a.metadata
left join resources as r
    on r.account_id = a.account_id and r.region = a.region and r.called = called_of(a.model_id)
    and a.model_id not like 'arn:%'
left join resource_versions as v
    on v.arn = case when a.model_id like 'arn:%' then a.model_id else r.arn end
    and a.day >= v.valid_from and a.day < v.valid_to
