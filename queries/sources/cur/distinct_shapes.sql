/*---
title = "Distinct shapes, numbered, with sampled product metadata where the line itself was not read for it"
---*/
create temp table cur_shapes as
select row_number() over () as shape, l.* exclude (product_name, provider, model, inference_type, feature),
    coalesce(l.product_name, p.product_name) as product_name,
    coalesce(l.provider, p.provider) as provider,
    coalesce(l.model, p.model) as model,
    coalesce(l.inference_type, p.inference_type) as inference_type,
    coalesce(l.feature, p.feature) as feature
from (
    select distinct shape_key, product_code, billing_entity, usage_type, operation, unit, description,
        product_family, product_name, provider, model, inference_type, feature, resource_model
    from cur_keyed
) as l
left join cur_sampled as p using (product_code, usage_type)
