/*---
title = "Shapes of one delivery under a key that is the same in every delivery"
---*/
create or replace temp table kinds_in as
select *, md5(row(product_code, billing_entity, usage_type, operation, unit, description, product_family,
    product_name, provider, model, inference_type, feature, resource_model)::varchar) as shape_key
from shapes_read
