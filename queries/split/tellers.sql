/*---
title = "The names of callers and consumers, as far as something nearer than their account tells them"
---*/
create or replace temp table tellers as
with answers as (
    select identity_id, e.key, e.value as answer
    from (
        select identity_id, unnest(map_entries(attribution_by_key)) as e
        from catalogue.identities
        where identity_id in (from (select identity_id from caller_groups union select identity_id from consumers))
    )
    where e.value not in ('account', 'untagged')
)

select identity_id,
    max(i.workload) filter (key = 'workload') as workload,
    max(i.team) filter (key = 'team') as team,
    max(i.environment) filter (key = 'environment') as environment,
    max(i.cost_center) filter (key = 'cost_center') as cost_center,
    max(i.model_tag) filter (key = 'model_tag') as model_tag,
    arg_max(answer, (key = 'workload', key)) as told_by
from answers
join catalogue.identities as i using (identity_id)
group by identity_id
