/*---
title = "Spend by month, with what it is heading for"
grain = "month x workload"
[columns]
month = "first day of the month"
net_usd = "USD so far"
previous_usd = "USD of the month before; NULL where the ledger does not reach it"
change = "net / previous - 1; of an open month compare projected_usd"
average_3_usd = "mean of the three months before, of those the ledger holds"
projected_usd = "an open month: so far, plus the mean of its last seven complete days for each day left; a closed one: net_usd"
---*/
with daily as (
    select day, workload, sum(gross_usd) as gross_usd, sum(net_usd) as net_usd
    from spend_daily
    group by all
),

reach as (
    select max(complete_through) as complete_through, (select min(day) from daily) as first_day
    from marks
),

months as (
    select date_trunc('month', day)::date as month, workload,
        sum(gross_usd) as gross_usd, sum(net_usd) as net_usd,
        sum(net_usd) filter (day > r.complete_through - 7 and day <= r.complete_through) as last_week_usd
    from daily, reach as r
    group by all
)

select month, workload, gross_usd, net_usd,
    lag(net_usd) over w as previous_usd,
    net_usd / nullif(lag(net_usd) over w, 0) - 1 as change,
    avg(net_usd) over (partition by workload order by month range between interval 3 months preceding
        and interval 1 month preceding)::decimal(38, 12) as average_3_usd,
    (net_usd + coalesce(last_week_usd, 0)
        / greatest(least(7, r.complete_through - greatest(month, r.first_day) + 1), 1)
        * greatest((last_day(month) - r.complete_through), 0)
        * case when date_trunc('month', r.complete_through) = month then 1 else 0 end)::decimal(38, 12) as projected_usd
from months, reach as r
window w as (partition by workload order by month)
