/*---
title = "One day of Metric Streams output"
doc = "One JSON text a datapoint. `sum` is exact; `min` and `max` are one call's, plausible only. The rows stand in their table's order."
---*/
select to_json({
    metric_stream_name: 'acme-finops',
    account_id: account_id,
    region: region,
    namespace: namespace,
    metric_name: metric_name,
    dimensions: cast(dimensions as json),
    timestamp: epoch_ms(hour),
    value: {
        max: if(total = samples, 1.0, ceil(2 * total / samples)),
        min: if(total = samples, 1.0, floor(total / samples / 2)),
        sum: total,
        count: samples
    },
    unit: 'Count'
})
from datapoints
where hour >= $since and hour < least($since + interval 1 day, date_trunc('hour', $until))
