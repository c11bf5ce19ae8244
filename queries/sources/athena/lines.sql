/*---
title = "What Athena has grouped, with numbers for shapes and tag sets"
doc = "Rows have the ledger's grain already. The order of a map's keys means nothing to Athena, so it is made one here."
---*/
create temp table athena_lines as
select * exclude (hour, tags), hour::timestamp as hour, tags,
    dense_rank() over (order by product_code, billing_entity, usage_type, operation, unit, description, product_family,
        product_name, provider, model, inference_type, feature, resource_model) as shape,
    dense_rank() over (order by tags) as tag_set
from (
    select * exclude (tags), map_from_entries(list_sort(map_entries(tags))) as tags
    from read_parquet($files)
)
