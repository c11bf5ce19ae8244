/*---
title = "Names and model of each resource, as CloudWatch knows it: the last part of its ARN"
doc = "From its billed lines, else from the inventory. A resource that several workloads call is `shared` and has no workload: its invocations belong to nobody in particular."
---*/
create or replace table catalogue.resource_names as
with billed as (
    select l.account_id, coalesce(nullif(split_part(i.resource_id, ':', 4), ''), l.region) as region,
        regexp_extract(i.resource_id, '[^/]+$') as resource,
        count(distinct i.workload) as workloads,
        arg_max(i, l.hour) as names,
        arg_max(struct_pack(model := k.model, family := k.family, tier := k.tier), l.hour)
            filter (k.model is not null) as runs
    from catalogue.lines as l
    join catalogue.identities as i using (identity_id)
    join catalogue.kinds as k using (kind_id)
    where i.resource_id is not null and l.line_type = 'Usage'
    group by all
),

listed as (
    select account_id, split_part(resource_id, ':', 4) as region,
        regexp_extract(resource_id, '[^/:]+$') as resource,
        1 as workloads,
        arg_max(i, resource_since) as names,
        arg_max(struct_pack(model := m.model, family := m.family, tier := m.tier), resource_since) as runs
    from catalogue.identities as i
    join (select distinct arn, model_id from catalogue.resources) as r on r.arn = i.resource_id
    left join catalogue.model_ids as m using (model_id)
    where principal is null and resource_since is not null
    group by all
)

select account_id, region, resource, workloads > 1 as shared,
    if(workloads = 1, names.workload, null) as workload,
    if(workloads = 1, names.team, null) as team,
    if(workloads = 1, names.environment, null) as environment,
    if(workloads = 1, names.cost_center, null) as cost_center,
    runs.model, runs.family, runs.tier
from billed
union all
select account_id, region, resource, false, names.workload, names.team, names.environment, names.cost_center,
    runs.model, runs.family, runs.tier
from listed
anti join billed using (account_id, region, resource)
