/*---
title = "Rows of the ledger, and which parts make them"
---*/
create or replace temp table log_groups as
select row_number() over () as id, *
from (
    select
        list(rowid) as parts,
        hour, account_id, region, operation, model_id, principal, kept_of(metadata, $kept::varchar[]) as metadata, service_tier,
        error,
        sum(calls)::bigint as calls,
        sum(counted)::bigint as counted,
        sum(input_tokens)::bigint as input_tokens,
        sum(output_tokens)::bigint as output_tokens,
        sum(cache_read_tokens)::bigint as cache_read_tokens,
        sum(cache_write_tokens)::bigint as cache_write_tokens,
        max(max_input_tokens) as max_input_tokens,
        max(max_output_tokens) as max_output_tokens
    from log_parts
    group by all
)
