/*---
title = "A budget is being used up"
severity = "info"
headline = "budget {budget} {state}"
summary = "Budget {budget} ({scope}): {actual_usd:usd} of {amount_usd:usd} ({share:.0%}) through {day:%d %b}; {outlook}."
why = "A budget that is over is history; one that will be over is still a decision."
next_step = "See what moved with `finops budgets` and `finops explain`; then cut, or raise amount_usd in [[budgets]] with whoever answers for {scope}."
days = 3

[params.warn_at]
value = 0.8
unit = "of the budget"
doc = "a threshold of the month so far from here on warns; those below inform"

[params.page_at]
value = 1.0
unit = "of the budget"
doc = "a threshold of the month so far from here on pages; one of the projection warns"
---*/
with told as (   -- in binary, $80 may not be 80 % of $100
    select *,
        list_max(list_filter(thresholds, lambda x: actual_usd >= x * amount_usd)) as crossed,
        list_max(list_filter(projected_thresholds, lambda x: projected_usd >= x * amount_usd)) as heading
    from budget_daily
    where day = $day
)

select
    budget || ' ' || strftime(month, '%Y-%m') as subject,
    actual_usd::decimal(38, 2) as usd,
    case
        when crossed >= $page_at then 'page'
        when crossed >= $warn_at or heading >= $page_at or spent_ever_usd = 0 then 'warn'
        else 'info'
    end as severity,
    workload, team, environment, account_id, basis,
    $day as day,
    budget, scope, amount_usd::decimal(38, 2) as amount_usd, actual_usd::decimal(38, 2) as actual_usd,
    projected_usd::decimal(38, 2) as projected_usd, share, projected_share, breach_day,
    case
        when spent_ever_usd = 0 then 'watches nothing'
        when crossed >= 1 then 'is used up: ' || percent(share)
        when crossed is not null then 'is ' || percent(share) || ' used'
        else 'is heading for ' || percent(projected_share)
    end as state,
    case
        when spent_ever_usd = 0 then 'nothing that the bill holds has ever been in its scope, so look for a misspelt name'
        when crossed >= 1 then format('it was reached on {}, and the month is heading for ${:,.2f}',
            strftime(breach_day, '%d %b'), projected_usd::double)
        when breach_day is not null then format('it will be reached about {}, and the month is heading for ${:,.2f}',
            strftime(breach_day, '%d %b'), projected_usd::double)
        else format('the month is heading for ${:,.2f} ({:.0f}%)', projected_usd::double, projected_share * 100)
    end as outlook
from told
where crossed is not null or heading is not null or spent_ever_usd = 0
