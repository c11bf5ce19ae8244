/*---
title = "Metric Streams records to hourly datapoints"
doc = """
Adds CloudWatch Metric Streams records in JSON ($files) to `datapoints`.
`level` is the dimension sets read of each namespace: CloudWatch publishes the same events at several, and
adding two of them counts twice. Mantle is read by Project and Model, agents by alias, model and operation (over
which they are summed). AWS/Bedrock without dimensions is the account's control total, by service tier a finer look
at what ModelId counts. finops/sources/cloudwatch/series.py asks for the same sets.
Firehose delivers at least once, and each cache metric has two names: per series and minute max, never sum.
"""
---*/
insert into datapoints by name
with level(namespace, dimension, names) as (
    values
        ('AWS/Bedrock', 'ModelId', ['ModelId']),
        ('AWS/Bedrock', '', []),
        ('AWS/Bedrock', 'ServiceTier', ['ModelId', 'ResolvedServiceTier', 'ServiceTier']),
        ('AWS/BedrockMantle', 'Project', ['Model', 'Project']),
        ('AWS/Bedrock/Agents', 'AgentAliasArn', ['AgentAliasArn', 'ModelId', 'Operation']),
        ('AWS/Lambda', 'FunctionName', ['FunctionName']),
        ('AWS/States', 'StateMachineArn', ['StateMachineArn'])
),

record as (
    select * replace (coalesce(dimensions, map {}) as dimensions)
    from read_json(
        $files,
        format = 'unstructured',     -- objects in a row, on one line or several
        filename = true,
        columns = {
            account_id: 'varchar',
            region: 'varchar',
            namespace: 'varchar',
            metric_name: 'varchar',
            dimensions: 'map(varchar, varchar)',
            timestamp: 'bigint',
            value: 'struct(sum double, count double)'
        }
    )
    where case
        when account_id is not null and region is not null and namespace is not null
            and metric_name is not null and value.sum is not null and value.count is not null
            and coalesce(list_count(map_values(dimensions)) = cardinality(dimensions), true)
            and timestamp > 1_000_000_000_000         -- milliseconds; seconds would be 1970
            then true
        else error(format(
            '{}: a record ({}, {}) lacks its account_id, region, namespace, metric_name, '
            'value.sum, value.count, a dimension''s value or a timestamp in milliseconds',
            filename, coalesce(namespace, 'no namespace'), coalesce(metric_name, 'no metric_name')
        ))
    end
),

minute as (
    select
        epoch_ms(timestamp) as observed_at,
        account_id,
        region,
        namespace,
        case
            when namespace = 'AWS/Bedrock'
                then regexp_replace(metric_name, '^(Cache(Read|Write)InputToken)s$', '\1Count')
            else metric_name
        end as metric,
        dimension,
        list_sort(map_entries(dimensions)) as series,
        coalesce(dimensions[if(dimension = 'ServiceTier', 'ModelId', dimension)], '') as resource,
        dimensions[case dimension when 'Project' then 'Model' when 'AgentAliasArn' then 'ModelId' end] as model_id,
        dimensions['ResolvedServiceTier'] as service_tier,
        dimensions['ServiceTier'] as asked_tier,
        max(value.sum) as sum,
        max(value.count) as samples
    from record
    join level using (namespace)
    where list_sort(map_keys(dimensions)) = names
    group by all
)

select
    date_trunc('hour', observed_at) as hour,
    account_id,
    region,
    namespace,
    metric,
    dimension,
    resource,
    model_id,
    service_tier,
    asked_tier,
    sum(sum) as sum,
    sum(samples) as samples
from minute
group by all
