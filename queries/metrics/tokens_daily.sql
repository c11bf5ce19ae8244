/*---
title = "Tokens in and out"
grain = "day x workload, model, token_kind"
[columns]
tokens = "tokens of this kind"
gross_usd = "USD they cost"
output_to_input = "of the workload and model that day: output over all input (input, cache reads and writes)"
---*/
with kinds_of_day as (
    select day, workload, model, token_kind, sum(tokens)::bigint as tokens, sum(gross_usd) as gross_usd
    from attributed
    where cost_class = 'usage' and token_kind is not null and tokens is not null
    group by all
)

select *,
    sum(tokens) filter (token_kind like 'output%') over w
        / nullif(sum(tokens) filter (token_kind like 'input%' or token_kind like 'cache%') over w, 0) as output_to_input
from kinds_of_day
window w as (partition by day, workload, model)
