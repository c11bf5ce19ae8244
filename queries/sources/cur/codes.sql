/*---
title = "Product codes that may be Bedrock's, besides AWS's own for it"
doc = "One scan of scalar columns. Marketplace codes are opaque and judged by their product name, unless the line says more."
---*/
select distinct product_code, coalesce(product_family = 'Amazon Bedrock' or service_code in $native, false) as is_sure
from cur_file
where product_family = 'Amazon Bedrock' or service_code in $native or billing_entity = 'AWS Marketplace'
