/*---
title = "Each line with the keys of its shape and its tag set"
doc = "Hashes stand for the wide values while grouping; a line that met two values of one hash would double, and be refused."
---*/
create temp view cur_keyed as
select l.*, tag_key,
    hash(product_code, billing_entity, usage_type, operation, unit, description, product_family,
        product_name, provider, model, inference_type, feature, resource_model) as shape_key
from cur_lines as l
join cur_tag_keys using (line, gross_usd)
