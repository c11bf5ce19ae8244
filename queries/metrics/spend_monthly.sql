/*---
title = "Spend by month, with what it is heading for"
grain = "month x workload, from the workload's first month on; a month without spend is 0"
[columns]
month = "first day of the month"
net_usd = "USD so far"
previous_usd = "USD of the month before, 0 where the workload spent nothing; NULL where the ledger does not reach it"
change = "net / previous - 1; of an open month compare projected_usd"
average_3_usd = "mean of the three months before, of those the ledger holds"
projected_usd = "an open month: its complete days, plus the mean of the last seven complete days for each day left; a closed one: net_usd"
---*/
with reach as (
    select max(complete_through) as complete_through,
        (select min(day) from spend_daily) as first_day, (select max(day) from spend_daily) as last_day
    from marks
),

months as (
    select unnest(generate_series(date_trunc('month', first_day), date_trunc('month', last_day), interval 1 month))::date
        as month
    from reach
),

daily as (
    select date_trunc('month', day)::date as month, workload, day, sum(gross_usd) as gross_usd, sum(net_usd) as net_usd
    from spend_daily
    group by all
),

workloads as (
    select workload, min(month) as first_month,
        sum(net_usd) filter (day > r.complete_through - 7 and day <= r.complete_through)
            / least(7, any_value(r.complete_through - r.first_day) + 1) as usual_day_usd
    from daily, reach as r
    group by workload
),

spent as (
    select m.month, w.workload, any_value(w.usual_day_usd) as usual_day_usd,
        coalesce(sum(d.gross_usd), 0) as gross_usd,
        coalesce(sum(d.net_usd), 0) as net_usd,
        coalesce(sum(d.net_usd) filter (d.day <= r.complete_through), 0) as complete_usd
    from months as m
    cross join reach as r
    join workloads as w on m.month >= w.first_month
    left join daily as d on d.month = m.month and d.workload = w.workload
    group by all
),

compared as (
    select *,
        case when month > (select min(month) from months) then lag(net_usd) over w end as before_usd,
        avg(net_usd) over (w rows between 3 preceding and 1 preceding) as average_3_usd
    from spent
    window w as (partition by workload order by month)
)

select c.month, c.workload, c.gross_usd, c.net_usd,
    case when c.month > date_trunc('month', r.first_day) then coalesce(c.before_usd, 0) end as previous_usd,
    (c.net_usd / nullif(c.before_usd, 0))::double - 1 as change,
    c.average_3_usd::decimal(38, 12) as average_3_usd,
    case
        when last_day(c.month) <= r.complete_through then c.net_usd
        else c.complete_usd + coalesce(c.usual_day_usd, 0)
            * (last_day(c.month) - greatest(r.complete_through, (c.month - interval 1 day)::date))
    end::decimal(38, 12) as projected_usd
from compared as c
cross join reach as r
