/*---
title = "What the written bill says"
doc = "The truth of the demo: exact dollars and tokens by day, workload, model, token kind and line type."
---*/
select
    cast(hour as date) as day,
    workload,
    model,
    kind,
    line_item_line_item_type,
    cast(sum(quantity) filter (where kind is not null) as bigint),
    sum(cost)
from lines
join meters using (flow, measure)
where workload is not null
group by all
order by all
