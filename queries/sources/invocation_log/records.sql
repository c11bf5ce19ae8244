/*---
title = "Records of some log files, typed"
doc = """
One row per line of $files. Only the named members are read into columns: the bodies of requests and answers, which
stand beside the counts, are passed over. A line that cannot be read is a row of NULLs, which no error quotes.
`fault` says why a line is no call that can be counted; `file` is kept for these only.
A time that does not end in Z is not UTC for sure. AWS documents no service tier here; it is read as a name or as an
object with one, as the API answers.
"""
---*/
create or replace temp table log_records as
with line as (
    select *,
        case when ends_with(timestamp, 'Z') then try_cast(timestamp as timestamp) end as called_at,
        case
            when schemaType = 'ModelInvocationLog' and called_at is not null then null
            when schemaType = 'ModelInvocationLog' then 'without a time in UTC'
            when schemaType is not null then 'of another kind'
            else 'that are no record'
        end as fault
    from read_json(
        $files,
        format = 'newline_delimited',
        ignore_errors = true,
        filename = true,
        columns = {
            schemaType: 'varchar',
            timestamp: 'varchar',
            accountId: 'varchar',
            region: 'varchar',
            requestId: 'varchar',
            operation: 'varchar',
            modelId: 'varchar',
            identity: 'struct(arn varchar)',
            requestMetadata: 'map(varchar, varchar)',
            serviceTier: 'varchar',
            performanceConfig: 'struct(latency varchar)',
            errorCode: 'varchar',
            input: 'struct(inputTokenCount bigint, cacheReadInputTokenCount bigint, cacheWriteInputTokenCount bigint)',
            output: 'struct(outputTokenCount bigint)'
        }
    )
)

select
    fault,
    case when fault is not null then filename end as file,
    date_trunc('hour', called_at) as hour,
    coalesce(nullif(accountId, ''), '(unknown)') as account_id,
    coalesce(nullif(region, ''), '(unknown)') as region,
    coalesce(nullif(operation, ''), '(unknown)') as operation,
    coalesce(nullif(modelId, ''), '(unknown)') as model_id,
    role_of(identity.arn) as principal,
    case when identity.arn <> '' then hash(identity.arn) end as session,
    requestMetadata as metadata,
    case
        when performanceConfig.latency = 'optimized' then 'latency'
        else replace(nullif(
            regexp_extract(serviceTier, 'default|standard|flex|priority|reserved'), ''), 'default', 'standard')
    end as service_tier,
    nullif(errorCode, '') as error,
    md5_number(account_id || region || requestId) as request,
    token_count(input.inputTokenCount) as input_tokens,
    token_count(output.outputTokenCount) as output_tokens,
    token_count(input.cacheReadInputTokenCount) as cache_read_tokens,
    token_count(input.cacheWriteInputTokenCount) as cache_write_tokens
from line
