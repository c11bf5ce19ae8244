/*---
title = "Product metadata of a few lines of one file"
doc = "One row per product code x usage type found in the first $lines lines that bear a product name."
---*/
select product_code, usage_type,
    max(product_name) as product_name, max(provider) as provider, max(model) as model,
    max(inference_type) as inference_type, max(feature) as feature,
    count(distinct product_name) > 1 or count(distinct model) > 1 as ambiguous
from (
    from cur_products
    where product_code in $codes and nullif(product_name, '') is not null
    limit $lines
)
group by product_code, usage_type
