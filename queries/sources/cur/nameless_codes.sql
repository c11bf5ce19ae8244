/*---
title = "Product codes that no line gives a name: are they Bedrock's by what they bill, and how much is it?"
---*/
select product_code,
    coalesce(bool_or(regexp_matches(resource_id, '^arn:[^:]*:bedrock:')), false) as is_bedrock,
    count(*) as lines,
    sum(coalesce(nullif(gross::varchar, ''), '0')::decimal(24, 12)) as gross_usd
from cur_file
where coalesce(product_code in $codes, false)
group by product_code
order by gross_usd desc, product_code
