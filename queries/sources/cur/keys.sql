/*---
title = "Lines with the key of their shape"
doc = "A hash stands for the wide values while grouping; a line that met two shapes of one hash would double, and be refused."
---*/
create temp view cur_keyed as
select *,
    hash(product_code, billing_entity, usage_type, operation, unit, description, product_family,
        product_name, provider, model, inference_type, feature, resource_model) as shape_key
from cur_lines
