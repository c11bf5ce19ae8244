/*---
title = "The plan as evidence: a row per bill and share"
---*/
create or replace temp table splits_in as
select d.delivery_id, g.day, g.account_id, g.region, g.model, g.meter, g.called, g.principal, p.rung,
    p.workload, p.team, p.environment, p.cost_center, p.model_tag, p.told_by, p.taker,
    least(p.weight, 1000000000000000000)::bigint as weight,
    least(g.billed, 1000000000000000000)::bigint as billed, g.lines_key
from split_plan as p
join split_groups as g using (group_id)
join (select distinct group_id, delivery_id from line_groups where workload is null) as d using (group_id)
