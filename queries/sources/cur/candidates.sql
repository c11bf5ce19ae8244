/*---
title = "Lines of a text file that may be Bedrock's"
---*/
create temp table cur_candidates as
select row_number() over () as line, *
from cur_text
where product_code in $native
    or product_family = 'Amazon Bedrock'
    or service_code in $native
    or billing_entity = 'AWS Marketplace'
