/*---
title = "What is declared of a workload, beside what the bill has of it"
grain = "workload that is declared in [[workloads]] or has spent in the last 28 days"
doc = "Spend of the last 28 complete days. Nothing declared of a key is no drift of it."
[columns]
declared = "whether [[workloads]] has it"
declared_team = "team of [[workloads]]"
team = "team with the most dollars; NULL where it spent nothing"
declared_environments = "environments of [[workloads]]"
undeclared_environments = "environments with dollars that are not declared"
declared_models = "models of [[workloads]]"
undeclared_models = "models with dollars that no declared name or pattern covers"
unused_models = "declared names and patterns without dollars"
gross_usd = "USD of the 28 days; 0 where it spent nothing"
drifts = "whether any of these differ; a workload that is not declared drifts only where others are declared"
---*/
with reach as (
    select max(complete_through) as last_day from marks
),

seen as (
    select a.workload, sum(a.gross_usd) as gross_usd, arg_max(a.team, a.gross_usd) as team,
        list_sort(list(distinct a.environment)) as environments,
        list_sort(list(distinct a.model) filter (a.model is not null)) as models
    from attributed as a
    cross join reach as r
    where a.is_spend and a.day > r.last_day - 28 and a.day <= r.last_day
    group by a.workload
),

beside as (
    select workload, r.workload is not null as declared, r.team as declared_team, s.team, s.gross_usd,
        coalesce(r.environments, []) as declared_environments, coalesce(s.environments, []) as environments,
        coalesce(r.models, []) as declared_models, coalesce(s.models, []) as models
    from seen as s
    full join registry as r using (workload)
),

differences as (
    select *,
        case when len(declared_environments) > 0 then list_filter(environments,
            lambda one: not list_contains(declared_environments, one)) else [] end as undeclared_environments,
        case when len(declared_models) > 0 then list_filter(models,
            lambda one: len(list_filter(declared_models, lambda name: lower(one) glob lower(name))) = 0
            ) else [] end as undeclared_models,
        list_filter(declared_models,
            lambda name: len(list_filter(models, lambda one: lower(one) glob lower(name))) = 0
        ) as unused_models
    from beside
)

select workload, declared, declared_team, team, declared_environments, undeclared_environments, declared_models,
    undeclared_models, unused_models, coalesce(gross_usd, 0) as gross_usd,
    case when declared
        then coalesce(team <> declared_team, false) or len(undeclared_environments) > 0 or len(undeclared_models) > 0
        else workload <> '(untagged)' and (select count(*) from registry) > 0
    end as drifts
from differences
