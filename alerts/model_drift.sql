/*---
title = "A model that nobody expected"
severity = "info"
headline = "{workload} uses {model}, {what}"
summary = "{workload} spent {usd:usd} on {model} in the {window_days} days to {day:%d %b}: {because}."
why = "A model that AWS calls legacy stops answering on a date that AWS publishes. Models differ by ten times in price, and each has to be allowed for what it is shown: a change of model is a decision, and somebody should have made it."
next_step = "Ask {owner} whether {model} is meant. If it is, name it in `models` of [[workloads]], or mend the Model tag; if not, find who calls it: `select principal, sum(gross_usd) from attributed where workload = ... group by all`."
yields_to = { new_spend = 30 }

[params.window_days]
value = 7
unit = "days"
doc = "days looked at together; a model first seen within them is new"

[params.min_usd]
value = 5
unit = "USD"
doc = "over the window, for one model"

[params.min_age_days]
value = 28
unit = "days"
doc = "of a workload that is younger no model is called new"

[params.ignored_tags]
value = "any, default, mixed, multi, multiple, router, various"
unit = "words, with commas"
doc = "values of the Model tag that name no model"
---*/
with spent as (
    select workload, model, any_value(family) as family, any_value(tier) as tier, sum(gross_usd) as usd,
        arg_max(team, gross_usd) as team, arg_max(environment, gross_usd) as environment,
        arg_max(account_id, gross_usd) as account_id,
        case when bool_and(basis = 'final') then 'final' else 'provisional' end as basis
    from attributed
    where day between $day - $window_days + 1 and $day and is_spend and model is not null and workload <> '(untagged)'
    group by workload, model
    having sum(gross_usd) >= $min_usd
),

firsts as (
    select workload, model, min(day - age_days) as first_day
    from series_daily
    where model is not null and day <= $day
    group by workload, model
),

ages as (
    select *, min(first_day) over (partition by workload) as workload_first_day
    from firsts
),

undeclared as (
    select s.workload, s.model
    from spent as s
    join registry as r using (workload)
    where len(r.models) > 0
        and len(list_filter(r.models, lambda name: lower(s.model) glob lower(name))) = 0
),

tags as (   -- each word of the Model tag, without punctuation; one that fits is enough
    select workload, model, model_tag, sum(gross_usd) as usd,
        list_transform(string_split_regex(lower(model_tag), '\s*[,+;|]\s*'),
            lambda word: regexp_replace(word, '[^a-z0-9]', '', 'g')) as words
    from attributed
    where day between $day - $window_days + 1 and $day and is_spend and model is not null
        and model_tag <> '(untagged)'
        and not list_contains(string_split(replace($ignored_tags, ' ', ''), ','), lower(trim(model_tag)))
    group by workload, model, model_tag
),

mistagged as (
    select t.workload, t.model, arg_max(t.model_tag, t.usd) as model_tag
    from tags as t
    join spent as s using (workload, model)
    where len(list_filter(t.words, lambda word: word in (lower(s.tier), lower(s.family))
            or contains(regexp_replace(lower(t.model), '[^a-z0-9]', '', 'g'), word)
            or contains(word, regexp_replace(lower(t.model), '[^a-z0-9]', '', 'g')))) = 0
    group by t.workload, t.model
),

legacy as (   -- by AWS's own count
    select workload, model, sum(legacy_requests) as calls
    from requests_hourly
    where day between $day - $window_days + 1 and $day and legacy_requests > 0
    group by workload, model
),

judged as (
    select s.*, l.calls as legacy_calls, a.first_day, u.model is not null as is_undeclared, m.model_tag,
        u.model is null and a.first_day > $day - $window_days
            and a.workload_first_day <= $day - $min_age_days as is_new
    from spent as s
    join ages as a using (workload, model)
    left join undeclared as u using (workload, model)
    left join mistagged as m using (workload, model)
    left join legacy as l using (workload, model)
)

select
    concat_ws(' / ', workload, model) as subject,
    usd::decimal(38, 2) as usd,
    case when is_undeclared or model_tag is not null then 'warn' else 'info' end as severity,
    workload, model, team, environment, account_id, basis,
    owner_of(team, workload) as owner,
    $day as day, $window_days as window_days, first_day, model_tag,
    case when is_undeclared then 'which is not declared' when model_tag is not null then 'tagged ' || model_tag
        when legacy_calls is not null then 'which is to end' else 'which is new there' end as what,
    concat_ws('; ',
        case when is_undeclared then 'its [[workloads]] does not name it' end,
        case when model_tag is not null then format('the Model tag says {}', model_tag) end,
        case when legacy_calls is not null then format('AWS counts {:,} calls of it as legacy', legacy_calls::bigint) end,
        format('first seen there on {}', strftime(first_day, '%d %b %Y'))) as because
from judged
where is_undeclared or is_new or model_tag is not null or legacy_calls is not null
