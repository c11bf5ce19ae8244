/*---
title = "Product metadata sampled for whole usage types"
---*/
create temp table cur_sampled (
    product_code varchar,
    usage_type varchar,
    product_name varchar,
    provider varchar,
    model varchar,
    inference_type varchar,
    feature varchar
)
