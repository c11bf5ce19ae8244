/*---
title = "What has been read of a delivery so far, in parts"
doc = "A part is what some files add to one row of `calls`; lists have a place for each of its calls."
---*/
create or replace temp table log_parts (
    hour timestamp, account_id varchar, region varchar, operation varchar, model_id varchar, principal varchar,
    metadata map(varchar, varchar), service_tier varchar, error varchar,
    calls bigint, counted bigint,
    input_tokens bigint, output_tokens bigint, cache_read_tokens bigint, cache_write_tokens bigint,
    max_input_tokens bigint, max_output_tokens bigint,
    sessions ubigint[], input_sizes usmallint[], output_sizes usmallint[]
)
