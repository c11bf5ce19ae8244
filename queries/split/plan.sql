/*---
title = "Who takes how much of which group of lines"
doc = "`taker` is one for all shares with the same names by the same rung, and '' for what stays with the line."
---*/
create or replace temp table split_plan as
select *,
    case
        when coalesce(workload, team, environment, cost_center, model_tag) is null then ''
        else md5(to_json([rung, workload, team, environment, cost_center, model_tag])::varchar)
    end as taker
from (
    select 'log_split' as rung, * from log_weights
    union all by name
    select 'consumer_split' as rung, * from consumer_weights
)
where weight > 0 and group_id in (select group_id from split_groups where lines_key is not null)
