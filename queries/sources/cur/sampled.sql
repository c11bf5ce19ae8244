/*---
title = "Product metadata sampled for whole usage types"
---*/
create temp table cur_sampled as
select code as product_code, usage_type, name as product_name, provider, model, inference_type, feature
from (
    select unnest($products::struct(
        code varchar, usage_type varchar, name varchar, provider varchar, model varchar, inference_type varchar, feature varchar
    )[], recursive := true)
)
