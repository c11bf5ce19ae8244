/*---
title = "What GetMetricData answered, a line for each series and day"
doc = "`hours` count from midnight. What is not `complete` is unknown, however many hours came."
---*/
create temp table answers as
select *,
    case when namespace = 'AWS/Bedrock'
        then regexp_replace(metric, '^(Cache(Read|Write)InputToken)s$', '\1Count') else metric
    end as name
from read_json(
    $file,
    format = 'newline_delimited',
    columns = {
        account_id: 'varchar',
        region: 'varchar',
        namespace: 'varchar',
        dimension: 'varchar',
        metric: 'varchar',
        series: 'varchar[]',
        complete: 'boolean',
        resource: 'varchar',
        model_id: 'varchar',
        service_tier: 'varchar',
        asked_tier: 'varchar',
        hours: 'utinyint[]',
        values: 'double[]'
    }
)
