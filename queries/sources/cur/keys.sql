/*---
title = "Each line with the keys of its shape and its tag set"
doc = "Hashes stand for the wide values while grouping; `shapes` and `tag_sets` prove that no two values share one."
---*/
create temp view cur_keyed as
select *,
    hash(product_code, billing_entity, usage_type, operation, unit, description, product_family,
        product_name, provider, model, inference_type, feature, resource_model) as shape_key,
    hash(resource_tags, tags, cost_category) as tag_key
from cur_lines
