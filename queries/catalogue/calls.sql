/*---
title = "Model calls by hour, from invocation logs"
---*/
create table calls (
    delivery_id uinteger not null,
    hour timestamp not null,
    account_id varchar not null,
    region varchar not null,              -- where it was called; inference may have run elsewhere
    operation varchar not null,           -- Converse, InvokeModelWithResponseStream ...
    model_id varchar not null,            -- as logged: a model id, an inference profile or an ARN
    principal varchar,                    -- assumed-role sessions folded to their role, as in usage
    metadata map(varchar, varchar) not null,
    service_tier varchar,
    error varchar,                        -- errorCode; NULL where the call succeeded
    calls bigint not null,
    counted bigint not null,              -- calls that bear token counts
    sessions bigint not null,             -- distinct sessions (or users) among them
    max_calls_per_session bigint not null,
    input_tokens bigint,                  -- sums over counted calls, NULL where none is
    output_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    max_input_tokens bigint,              -- per call; input counts cache reads and writes here
    max_output_tokens bigint,
    input_tokens_p50 double,
    input_tokens_p95 double,
    input_tokens_p99 double,
    output_tokens_p50 double,
    output_tokens_p95 double,
    output_tokens_p99 double
)
