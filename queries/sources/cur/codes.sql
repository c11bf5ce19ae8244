/*---
title = "Product codes that may be Bedrock's"
doc = "Scalar columns only, each filter pushed into the scan; Marketplace codes are opaque and judged by their product name."
---*/
select distinct product_code, false as by_name from cur_file where product_code in $native
union
select distinct product_code, false from cur_file where product_family = 'Amazon Bedrock'
union
select distinct product_code, false from cur_file where service_code in $native
union
select distinct product_code, true from cur_file where billing_entity = 'AWS Marketplace'
