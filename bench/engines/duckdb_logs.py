"""Invocation logs in one SELECT, as one would write it: no checksum, no second look, no bound on memory.

The quantiles are exact. A line that is broken would stop it, and a record that came twice would count twice.
"""

import sys

import duckdb

SQL = """
copy (
    select date_trunc('hour', "timestamp") as hour, accountId as account_id, region, operation, modelId as model_id,
        regexp_replace(identity.arn, '^arn:(aws[\\w-]*):sts::(\\d+):assumed-role/([^/]+)/.*$',
            'arn:\\1:iam::\\2:role/\\3') as principal,
        requestMetadata.team as team, requestMetadata.workload as workload, errorCode as error,
        count(*) as calls, count(distinct identity.arn) as sessions,
        sum(input.inputTokenCount) as input_tokens, sum(output.outputTokenCount) as output_tokens,
        sum(input.cacheReadInputTokenCount) as cache_read_tokens,
        quantile_cont(input.inputTokenCount + input.cacheReadInputTokenCount, [0.5, 0.95, 0.99]) as input_quantiles,
        quantile_cont(output.outputTokenCount, [0.5, 0.95, 0.99]) as output_quantiles,
        max(input.inputTokenCount + input.cacheReadInputTokenCount) as max_input_tokens,
        max(output.outputTokenCount) as max_output_tokens
    from read_json('{logs}/**/*.json.gz', format = 'newline_delimited', columns = {{
        "timestamp": 'timestamp', accountId: 'varchar', region: 'varchar', operation: 'varchar', modelId: 'varchar',
        errorCode: 'varchar', identity: 'struct(arn varchar)',
        requestMetadata: 'struct(team varchar, workload varchar)',
        input: 'struct(inputTokenCount bigint, cacheReadInputTokenCount bigint)',
        output: 'struct(outputTokenCount bigint)'
    }})
    group by all
) to '{out}' (format parquet, compression zstd)
"""

if __name__ == "__main__":
    duckdb.execute(SQL.format(logs=sys.argv[1], out=sys.argv[2]))
