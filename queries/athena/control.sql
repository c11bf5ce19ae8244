/*---
title = "How far the period reaches, and what its Bedrock lines sum to"
doc = "Runs in Athena. A scan that shares nothing with usage.sql but the product codes, in `codes`: what it counts is what must have been read."
---*/
select
    max(case when line_type = 'Usage' then date_trunc('hour', usage_start) end) as last_hour,
    count(*) as lines_of_all_services,
    count(codes.code) as lines,
    coalesce(sum(case when codes.code is not null then cast(coalesce(nullif(gross, ''), '0') as decimal(24, 12)) end),
        cast(0 as decimal(24, 12))) as gross_usd
from cur
left join codes on codes.code = cur.product_code
