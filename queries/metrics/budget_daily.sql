/*---
title = "Each budget as it stood at the end of each day"
grain = "day x budget of finops.toml, every complete day of the bill"
doc = "Net dollars of what is spend: no tax, credits or refunds. The month's end is the month so far plus the mean of the last seven days for each day left, by payer: of one whose bill is behind, more days are left. As in `spend_monthly`. `budgets` has the last day of each month."
[columns]
month = "first day of the month"
budget = "its name in [[budgets]]"
scope = "what it is of; `all spend` where it names nothing"
amount_usd = "USD a month"
actual_usd = "net USD from the first of the month through the day"
projected_usd = "net USD at the month's end if it goes on like the last seven days"
share = "actual / amount"
projected_share = "projected / amount"
breach_day = "the day on which the amount was reached, or will be; NULL where it will not this month"
thresholds = "shares of the amount at which the month so far is told"
projected_thresholds = "shares of the amount at which the projection is told"
spent_ever_usd = "net USD since the ledger begins; 0 where nothing is in scope"
basis = "final when every line of the month so far is"
---*/
with spend as (
    select day, payer_account_id, workload, team, environment, account_id, sum(net_usd) as net_usd,
        bool_and(basis = 'final') as final
    from attributed
    where is_spend
    group by all
),

reaches as (   -- one bill may be behind another; one that has not come for a month has ended
    select payer_account_id, max(complete_through) as reached_day, max(max(complete_through)) over () as last_day
    from billed_daily
    join marks using (delivery_id)
    group by payer_account_id
),

payers as (
    select payer_account_id, case when reached_day > last_day - 31 then reached_day else last_day end as known_day
    from reaches
),

days as (
    select unnest(generate_series(
        (select min(day) from billed_daily), (select max(last_day) from reaches), interval 1 day
    ))::date as day
),

daily as (   -- every budget on every day that a payer's bill has, spent or not
    select d.day, date_trunc('month', d.day)::date as month, b.budget, p.payer_account_id,
        coalesce(s.net_usd, 0) as net_usd, coalesce(s.final, true) as final
    from days as d
    join payers as p on p.known_day >= d.day
    cross join declared_budgets as b
    left join (
        select s.day, s.payer_account_id, b.budget, sum(s.net_usd) as net_usd, bool_and(s.final) as final
        from spend as s
        join declared_budgets as b
            on s.workload = coalesce(b.workload, s.workload)
            and (b.team is null or s.team = b.team)
            and (b.environment is null or s.environment = b.environment)
            and (b.account_id is null or s.account_id = b.account_id)
        group by all
    ) as s using (day, payer_account_id, budget)
),

known as (
    select *,
        sum(net_usd) over so_far as actual_usd,
        bool_and(final) over so_far as all_final,
        avg(net_usd) over (partition by budget, payer_account_id order by day rows 6 preceding) as usual_day_usd,
        sum(net_usd) over (partition by budget, payer_account_id order by day) as spent_ever_usd
    from daily
    window so_far as (partition by budget, payer_account_id, month order by day)
),

running as (   -- the days that a bill does not have yet go on like those it has
    select d.day, date_trunc('month', d.day)::date as month, k.budget,
        coalesce(sum(k.actual_usd) filter (k.month = date_trunc('month', d.day)), 0) as actual_usd,
        bool_and(k.all_final and k.day = d.day) as all_final,
        sum(k.usual_day_usd) as usual_day_usd,
        sum(k.usual_day_usd * (d.day - greatest(k.day, date_trunc('month', d.day)::date - 1))) as lacking_usd,
        sum(k.spent_ever_usd) as spent_ever_usd
    from days as d
    cross join payers as p
    join known as k on k.payer_account_id = p.payer_account_id and k.day = least(d.day, p.known_day)
    group by d.day, k.budget
),

reached as (
    select r.*, b.amount_usd, b.workload, b.team, b.environment, b.account_id, b.thresholds, b.projected,
        min(day) filter (actual_usd >= b.amount_usd) over (partition by budget, month order by day) as reached_day,
        (actual_usd + lacking_usd + usual_day_usd * (last_day(day) - day))::decimal(38, 12) as projected_usd
    from running as r
    join declared_budgets as b using (budget)
)

select day, month, budget,
    coalesce(nullif(concat_ws(', ', 'workload ' || workload, 'team ' || team, 'environment ' || environment,
        'account ' || account_id), ''), 'all spend') as scope,
    amount_usd, actual_usd::decimal(38, 12) as actual_usd, projected_usd,
    (actual_usd / amount_usd)::double as share,
    (projected_usd / amount_usd)::double as projected_share,
    case
        when reached_day is not null then reached_day
        when projected_usd >= amount_usd and usual_day_usd > 0
            then least(last_day(day), day + greatest(0, ceil((amount_usd - actual_usd - lacking_usd) / usual_day_usd))::integer)
    end::date as breach_day,
    thresholds, projected as projected_thresholds, spent_ever_usd::decimal(38, 12) as spent_ever_usd,
    workload, team, environment, account_id,
    case when all_final then 'final' else 'provisional' end as basis
from reached
