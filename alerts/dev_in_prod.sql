/*---
title = "Development and production call each other's models"
severity = "warn"
headline = "{who} spends on {workload}, which is {environment}"
summary = "{who} ({marked}) spent {usd:usd} in {window_days} days as {workload}, which is {environment} by its {rung}: {models}, in account {account_id}."
why = "Experiments on a production profile are billed to its owner, eat its quota and are counted in its cost per query; production on a development resource falls with the next experiment."
next_step = "Ask {owner} who {who} is, give it a profile with tags of its own, and let only production roles call that of {workload}."

[params.min_usd]
value = 20
unit = "USD"
doc = "over the window, for one caller of one workload"

[params.window_days]
value = 7
unit = "days"
doc = "days looked at together"

[params.other_words]
value = "dev, develop, development, test, tests, testing, qa, uat, stage, staging, sandbox, experiment, notebook, notebooks"
unit = "words, with commas"
doc = "a caller or an account with one of them in its name is not production's"

[params.production_words]
value = "prod, production, live"
unit = "words, with commas"
doc = "a caller or an account with one of them in its name is production's"
---*/
with calls as (
    select workload, team, environment, account_id, account_name, model, gross_usd, basis,
        attribution_by_key['environment'] as rung,
        list_contains((select production from settings), environment) as in_production,
        regexp_replace(principal, '^([^:]*:){5}', '') as caller
    from attributed
    where day between $day - $window_days + 1 and $day and cost_class = 'usage' and environment <> '(untagged)'
),

named as (   -- whoever calls, and the account that it is billed in, speak for themselves
    select *, 'a caller' as marked, caller as who from calls where caller is not null
    union all
    select *, 'an account', account_name from calls where account_name is not null
),

words as (
    select *, regexp_split_to_array(lower(regexp_replace(who, '([a-z0-9])([A-Z])', '\1-\2', 'g')), '[^a-z0-9]+') as words
    from named
),

judged as (
    select *,
        list_has_any(words, string_split(replace($other_words, ' ', ''), ',')) as says_other,
        list_has_any(words, string_split(replace($production_words, ' ', ''), ',')) as says_production
    from words
),

crossing as (
    select *, case when says_other then ' of development' else ' of production' end as side
    from judged
    where says_other <> says_production and says_other = in_production
)

select
    concat_ws(' / ', workload, environment, who) as subject,
    sum(gross_usd)::decimal(38, 2) as usd,
    workload, environment, who, marked || side as marked,
    arg_max(team, gross_usd) as team, arg_max(model, gross_usd) as model, arg_max(account_id, gross_usd) as account_id,
    case when bool_and(basis = 'final') then 'final' else 'provisional' end as basis,
    owner_of(arg_max(team, gross_usd), workload) as owner,
    coalesce(replace(arg_max(rung, gross_usd), '_', ' '), 'name') as rung,
    coalesce(string_agg(distinct model, ', ' order by model), 'no model') as models,
    $window_days as window_days
from crossing
group by workload, environment, who, marked, side
having sum(gross_usd) >= $min_usd
