/*---
title = "Add up the records at hand"
---*/
insert into log_parts by name
select * exclude (kept_values), kept_of(map($kept::varchar[], kept_values), $kept::varchar[]) as metadata
from (
    select
        hour, account_id, region, operation, model_id, principal, service_tier, error,
        list_transform($kept::varchar[], lambda k: metadata[k]) as kept_values,
        count(*) as calls,
        count(*) filter (input_tokens is not null or output_tokens is not null) as counted,
        sum(input_tokens)::bigint as input_tokens,
        sum(output_tokens)::bigint as output_tokens,
        sum(cache_read_tokens)::bigint as cache_read_tokens,
        sum(cache_write_tokens)::bigint as cache_write_tokens,
        max(whole_input_tokens) as max_input_tokens,
        max(output_tokens) as max_output_tokens,
        list(session) filter (session is not null) as sessions,
        list(size_of(whole_input_tokens)) filter (whole_input_tokens is not null) as input_sizes,
        list(size_of(output_tokens)) filter (output_tokens is not null) as output_sizes
    from (
        select *, input_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) as whole_input_tokens
        from log_records
        where fault is null
    )
    group by all
)
