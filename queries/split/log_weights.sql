/*---
title = "Rung 5: who shares a group of lines by the tokens in the log"
doc = "What a workload's own tagged lines of the same group bill is taken off its tokens: it has paid for them. Tokens billed that no log has are nobody's, and so are a caller's whom nobody names."
---*/
create or replace temp table log_weights as
with own as (
    select group_id, workload, sum(tokens) as tokens
    from line_groups
    where workload is not null
    group by all
),

told as (
    select c.group_id, t.workload, t.team, t.environment, t.cost_center, t.model_tag,
        coalesce(string_agg(distinct t.told_by, ', ' order by t.told_by), 'nobody') as told_by,
        sum(c.tokens) as tokens
    from caller_groups as c
    left join tellers as t using (identity_id)
    group by all
),

weighed as (
    select t.* exclude (tokens),
        case
            when o.tokens > 0 then t.tokens * greatest(sum(t.tokens) over w - o.tokens, 0) // sum(t.tokens) over w
            else t.tokens
        end as weight
    from told as t
    left join own as o on o.group_id = t.group_id and o.workload = t.workload
    window w as (partition by t.group_id, t.workload)
)

select *
from weighed
union all by name
select group_id, 'not in the log' as told_by, any_value(g.billed) - sum(w.weight) as weight
from weighed as w
join split_groups as g using (group_id)
group by group_id
having any_value(g.billed) > sum(w.weight)
