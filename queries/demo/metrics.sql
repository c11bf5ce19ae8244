/*---
title = "One day of Metric Streams output"
doc = "JSON lines, gzip. `sum` is exact; `min` and `max` are one call's, plausible only."
---*/
copy (
    select
        'acme-finops' as metric_stream_name,
        account_id,
        region,
        namespace,
        metric_name,
        dimensions,
        epoch_ms(hour) as timestamp,
        {
            max: if(total = samples, 1.0, ceil(2 * total / samples)),
            min: if(total = samples, 1.0, floor(total / samples / 2)),
            sum: total,
            count: samples
        } as value,
        'Count' as unit
    from datapoints
    where cast(hour as date) = $day
    order by hour, account_id, region, namespace, metric_name, cast(dimensions as varchar)
) to $file (format json, compression gzip)
