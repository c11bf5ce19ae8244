/*---
title = "Shapes of this delivery"
---*/
insert into shapes by name
select distinct shape, product_code, billing_entity, usage_type, operation, unit, description, product_family,
    product_name, provider, model, inference_type, feature, resource_model
from athena_lines
