/*---
title = "Names and model of each resource from a day on, as CloudWatch knows it"
doc = "From the lines of that day, before the first of them from the inventory, and until the next change. A resource that several workloads call on a day is `shared` and has no workload then: its invocations belong to nobody in particular."
---*/
create or replace table catalogue.resource_names as
with billed as (
    select l.account_id, coalesce(nullif(split_part(i.resource_id, ':', 4), ''), l.region) as region,
        coalesce(i.resource, case when k.usage_type like '%-mantle-%' then 'default' end) as resource,
        l.hour::date as day,
        count(distinct i.workload) > 1 as shared,
        arg_max(struct_pack(workload := i.workload, team := i.team, environment := i.environment,
            cost_center := i.cost_center), (l.hour, l.gross_usd)) as names,
        arg_max(struct_pack(model := k.model, family := k.family, tier := k.tier), (l.hour, l.gross_usd))
            filter (k.model is not null) as runs
    from catalogue.lines as l
    join catalogue.identities as i using (identity_id)
    join catalogue.kinds as k using (kind_id)
    join catalogue.line_classes as c using (line_type)
    where c.cost_class = 'usage' and (i.resource is not null or k.usage_type like '%-mantle-%')
    group by all
),

listed as (
    select i.account_id, split_part(i.resource_id, ':', 4) as region, i.resource, i.resource_since as day,
        false as shared,
        arg_min(struct_pack(workload := i.workload, team := i.team, environment := i.environment,
            cost_center := i.cost_center), (i.workload = '(untagged)', i.workload)) as names,
        any_value(struct_pack(model := m.model, family := m.family, tier := m.tier)) as runs
    from catalogue.identities as i
    join (
        select arn, arg_max(model_id, coalesce(snapshot_day, date '0001-01-01')) as model_id
        from catalogue.resources
        group by arn
    ) as r on r.arn = i.resource_id
    left join catalogue.model_ids as m using (model_id)
    join catalogue.tag_sets as t using (tag_set_id)
    where i.principal is null and i.resource_since is not null
        and i.split_of is null and map_keys(t.tags)::varchar not like '%requestMetadata/%'
    group by all
),

told as (
    from billed
    union all by name
    from listed anti join billed using (account_id, region, resource, day)
),

changes as (
    select *, lag((shared, names, runs)) over w is distinct from (shared, names, runs) as changed,
        row_number() over w as nth
    from told
    window w as (partition by account_id, region, resource order by day)
)

select account_id, region, resource, shared,
    case when nth = 1 then date '0001-01-01' else day end as since,
    case when not shared then names.workload end as workload,
    case when not shared then names.team end as team,
    case when not shared then names.environment end as environment,
    case when not shared then names.cost_center end as cost_center,
    runs.model as model, runs.family as family, runs.tier as tier
from changes
where changed
