/*---
title = "Model calls by hour, from invocation logs"
doc = """
One row per hour x account x region x operation x model id x principal x request metadata x service tier x error,
and per delivery: the log of an hour may come in two, and readers sum. No text of any request or answer is ever here.
Sizes can be added over rows, which quantiles cannot: size 0 is no token, size n is round(1.05 ** (n - 1)) tokens,
so that a quantile read from them is within 2.5% of the exact one.
"""
---*/
create temp table calls (
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
    sessions bigint,                      -- distinct sessions (or users) among them; NULL where nobody is named
    max_calls_per_session bigint,
    input_tokens bigint,                  -- sums over counted calls, NULL where none has such a count;
    output_tokens bigint,                 -- input without cache reads and writes, as the bill counts it
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    max_input_tokens bigint,              -- of one call, cache reads and writes included; exact
    max_output_tokens bigint,
    input_sizes map(usmallint, bigint),   -- calls by size, as above; NULL where no call is counted
    output_sizes map(usmallint, bigint)
)
