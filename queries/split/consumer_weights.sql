/*---
title = "Rung 6: who shares a group of lines of which the log has nothing, by how often they ran"
doc = "Functions whose model tag means the billed model, its tier or its family; state machines where no function does. Where the bill names the caller, only what runs as it."
---*/
create or replace temp table consumer_weights as
with open as (
    select *, unnest(list_distinct([same_key(model), same_key(tier), same_key(family)])) as means
    from split_groups
    where lines_key is not null and model is not null and meter <> 'all'
        and group_id not in (select group_id from log_weights where told_by <> 'not in the log' and weight > 0)
),

claimed as (
    select distinct g.group_id, c.identity_id, c.resource_type, c.runs
    from open as g
    join (select *, unnest(models) as means from consumers) as c using (day, account_id, region, means)
    where g.principal is null or g.principal = c.role_arn
        or (g.principal like 'arn:%:role/%' and split_part(g.principal, ':', 5) = split_part(c.role_arn, ':', 5)
            and split_part(g.principal, '/', -1) = split_part(c.role_arn, '/', -1))
    qualify c.resource_type = min(c.resource_type) over (partition by g.group_id)
)

select group_id, t.workload, t.team, t.environment, t.cost_center, t.model_tag,
    resource_type as told_by, sum(runs)::hugeint as weight
from claimed
join tellers as t using (identity_id)
group by all
