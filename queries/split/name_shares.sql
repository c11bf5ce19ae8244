/*---
title = "Names of shares, per key: the line's own by rungs 1 to 4, else the taker's, else what the account gives"
---*/
update catalogue.identities as i
set workload = n.workload, team = n.team, environment = n.environment, cost_center = n.cost_center,
    model_tag = n.model_tag, attribution = n.by_key['workload'], attribution_by_key = n.by_key, reason = n.reason,
    collision = n.collision
from (
    with known as (
        select s.identity_id, t.rung, l, t,
            l.attribution_by_key as told
        from catalogue.identities as s
        join catalogue.identities as l on l.identity_id = s.split_of
        join (
            select distinct taker, rung, workload, team, environment, cost_center, model_tag
            from splits_in
        ) as t on t.taker = s.taker
    ),

    taken as (
        select *,
            t.workload is not null and told['workload'] in ('account', 'untagged') as workload_taken,
            t.team is not null and told['team'] in ('account', 'untagged') as team_taken,
            t.environment is not null and told['environment'] in ('account', 'untagged') as environment_taken,
            t.cost_center is not null and told['cost_center'] in ('account', 'untagged') as cost_center_taken,
            t.model_tag is not null and told['model_tag'] in ('account', 'untagged') as model_tag_taken
        from known
    )

    select identity_id,
        if(workload_taken, t.workload, l.workload) as workload,
        if(team_taken, t.team, l.team) as team,
        if(environment_taken, t.environment, l.environment) as environment,
        if(cost_center_taken, t.cost_center, l.cost_center) as cost_center,
        if(model_tag_taken, t.model_tag, l.model_tag) as model_tag,
        map {
            'workload': if(workload_taken, rung, told['workload']),
            'team': if(team_taken, rung, told['team']),
            'environment': if(environment_taken, rung, told['environment']),
            'cost_center': if(cost_center_taken, rung, told['cost_center']),
            'model_tag': if(model_tag_taken, rung, told['model_tag'])
        } as by_key,
        case when not workload_taken and told['workload'] = 'untagged'
            then 'the invocation log names its caller, but no workload' end as reason,
        l.collision
    from taken
) as n
where n.identity_id = i.identity_id
