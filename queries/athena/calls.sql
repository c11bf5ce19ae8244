/*---
title = "Model calls of one day of the invocation log, at the ledger's grain"
doc = "Runs in Athena. `records` is the table's part in our names (finops/sources/athena_records.py), without any text of requests or answers. A record that is no call, or that AWS delivered again, is counted under its `fault` alone. Sizes are as in queries/ledger/calls.sql; metadata is JSON, whose keys are sorted."
---*/
select fault, hour, account_id, region, operation, model_id, principal, metadata, service_tier, error,
    count(*) as calls,
    count(case when input_tokens is not null or output_tokens is not null then 1 end) as counted,
    count(distinct session) as sessions,
    max(calls_of_session) as max_calls_per_session,
    sum(input_tokens) as input_tokens,
    sum(output_tokens) as output_tokens,
    sum(cache_read_tokens) as cache_read_tokens,
    sum(cache_write_tokens) as cache_write_tokens,
    max(whole_input_tokens) as max_input_tokens,
    max(output_tokens) as max_output_tokens,
    histogram(case when whole_input_tokens = 0 then 0
        else 1 + cast(round(ln(whole_input_tokens) / ln(1.05)) as integer) end) as input_sizes,
    histogram(case when output_tokens = 0 then 0
        else 1 + cast(round(ln(output_tokens) / ln(1.05)) as integer) end) as output_sizes
from (
    select *,
        case when session is not null then count(*) over (partition by fault, hour, account_id, region, operation,
            model_id, principal, metadata, service_tier, error, session) end as calls_of_session
    from (
        select fault,
            case when fault is null then hour end as hour,
            case when fault is null then coalesce(nullif(account_id, ''), '(unknown)') end as account_id,
            case when fault is null then coalesce(nullif(region, ''), '(unknown)') end as region,
            case when fault is null then coalesce(nullif(operation, ''), '(unknown)') end as operation,
            case when fault is null then coalesce(nullif(model_id, ''), '(unknown)') end as model_id,
            case when fault is null then regexp_replace(nullif(caller, ''),
                '^arn:(aws[\w-]*):sts::(\d+):assumed-role/([^/]+)/.*$', 'arn:$1:iam::$2:role/$3') end as principal,
            case when fault is null then json_format(cast(metadata as json)) end as metadata,
            case
                when fault is not null then null
                when latency = 'optimized' then 'latency'
                else replace(regexp_extract(service_tier, 'default|standard|flex|priority|reserved'), 'default', 'standard')
            end as service_tier,
            case when fault is null then nullif(error, '') end as error,
            case when fault is null then nullif(caller, '') end as session,
            case when fault is null then input_tokens end as input_tokens,
            case when fault is null then output_tokens end as output_tokens,
            case when fault is null then cache_read_tokens end as cache_read_tokens,
            case when fault is null then cache_write_tokens end as cache_write_tokens,
            case when fault is null then
                input_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) end as whole_input_tokens
        from (
            select *, date_trunc('hour', called_at) as hour,
                case
                    when schema_type is null then 'that are no record'
                    when schema_type <> 'ModelInvocationLog' then 'of another kind'
                    when called_at is null then 'without a time in UTC'
                    when request <> '' and row_number() over (
                        partition by schema_type, date_trunc('hour', called_at), request order by called_at) > 1
                        then 'delivered again'
                end as fault
            from records
        )
    )
)
group by fault, hour, account_id, region, operation, model_id, principal, metadata, service_tier, error
