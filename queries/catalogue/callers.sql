/*---
title = "Callers of the invocation logs by day, with their identity and the model in the words of the bill"
---*/
create table callers (
    day date not null,
    account_id varchar not null,
    region varchar not null,
    model_id varchar not null,
    principal varchar,
    metadata map(varchar, varchar) not null,
    identity_id uinteger not null,
    model varchar,
    called varchar not null,         -- a profile or throughput; '' for a model by its id
    is_profile boolean not null,
    input_tokens bigint,
    output_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint
)
