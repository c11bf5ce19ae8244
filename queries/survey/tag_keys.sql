/*---
title = "Tag keys on Bedrock lines, by the dollars they name"
---*/
select split_part(e.key, '/', 1) as origin, substr(e.key, strpos(e.key, '/') + 1) as key,
    sum(gross_usd)::double / nullif((select sum(gross_usd) from usage where line_type = 'Usage'), 0)::double as share,
    count(distinct e.value) as values
from (
    select gross_usd, unnest(map_entries(tags)) as e
    from usage
    join tag_sets using (tag_set)
    where line_type = 'Usage'
)
group by all
order by share desc, key
