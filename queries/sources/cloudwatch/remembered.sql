/*---
title = "Every series that the ledger has ever seen"
doc = "From `datapoints` of every source, the older of which have fewer columns."
---*/
with seen as (
    select null::varchar as model_id, null::varchar as service_tier, null::varchar as asked_tier where false
    union all by name
    from read_parquet($files, union_by_name = true)
)

select distinct account_id, region, namespace, dimension, metric, resource, model_id, service_tier, asked_tier
from seen
