/*---
title = "Functions and state machines with a workload and a model tag, and how often they ran on a day"
---*/
create or replace temp table consumers as
with runs as (
    select hour::date as day, account_id, region,
        case namespace when 'AWS/Lambda' then 'function' else 'stateMachine' end as resource_type,
        resource_tail(resource) as name, least(round(sum(requests)), 1000000000000000)::bigint as runs
    from catalogue.counted_hourly
    where (namespace, dimension) in (('AWS/Lambda', 'FunctionName'), ('AWS/States', 'StateMachineArn'))
    group by all
    having sum(requests) > 0
),

tagged as (
    select i.identity_id, i.model_tag, v.role_arn, v.resource_type, v.valid_from, v.valid_to,
        split_part(v.arn, ':', 5) as account_id, split_part(v.arn, ':', 4) as region, resource_tail(v.arn) as name
    from resource_versions as v
    join catalogue.identities as i on i.resource_id = v.arn and i.resource_since = v.valid_from
    join catalogue.tag_sets as t on t.tag_set_id = i.tag_set_id
    where v.resource_type in ('function', 'stateMachine') and cardinality(t.tags) = 0
        and i.principal is null and i.split_of is null
        and i.attribution = 'inventory_tag' and i.attribution_by_key['model_tag'] = 'inventory_tag'
)

select r.day, r.account_id, r.region, r.resource_type, t.role_arn, t.identity_id, r.runs,
    list_distinct([same_key(t.model_tag)] || [same_key(part) for part in regexp_split_to_array(t.model_tag, '[,;|/+]')])
        as models
from runs as r
join tagged as t using (account_id, region, resource_type, name)
where r.day >= t.valid_from and r.day < t.valid_to
