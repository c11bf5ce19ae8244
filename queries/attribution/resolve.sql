/*---
title = "The first rung that answers, per identity and key"
---*/
create or replace temp table resolved as
with best as (
    select identity_id, key,
        arg_min(value, (rung, rank, respelled, name)) as value,
        arg_min(answer, (rung, rank, respelled, name)) as answer,
        min((rung, rank)) as first_rung
    from candidates
    group by identity_id, key
),

collisions as (
    select identity_id, key, string_agg(distinct name || '=' || candidates.value, ', ' order by name || '=' || candidates.value) as spelled
    from candidates
    join best using (identity_id, key)
    where (candidates.rung, candidates.rank) = best.first_rung
    group by identity_id, key
    having count(distinct candidates.value) > 1
)

select identity_id,
    max(value) filter (key = 'workload') as workload,
    max(value) filter (key = 'team') as team,
    max(value) filter (key = 'environment') as environment,
    max(value) filter (key = 'cost_center') as cost_center,
    max(value) filter (key = 'model_tag') as model_tag,
    max(answer) filter (key = 'workload') as attribution,
    map_from_entries(list((key, answer) order by key)) as answers,
    string_agg(key || ': ' || spelled, '; ' order by key) as collision
from best
left join collisions using (identity_id, key)
group by identity_id
