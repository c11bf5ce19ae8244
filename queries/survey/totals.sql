/*---
title = "What one delivery holds"
---*/
select coalesce(sum(gross_usd), 0)::double as usd, coalesce(sum(lines), 0)::bigint as lines,
    count(distinct account_id) as accounts, count(distinct region) as regions,
    min(hour)::date as first_day, max(hour)::date as last_day
from usage
