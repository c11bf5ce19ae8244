/*---
title = "Spend by month, with what it is heading for"
grain = "month x workload, from the workload's first month on; a month without spend is 0"
[columns]
month = "first day of the month"
net_usd = "USD so far"
previous_usd = "USD of the month before, 0 where the workload spent nothing; NULL where the ledger does not reach it"
change = "net / previous - 1; of an open month compare projected_usd"
average_3_usd = "mean of the three months before, of those the ledger holds"
projected_usd = "its complete days, plus the mean of the last seven complete days for each day left, each account by the reach of its own bill; a month that is complete: net_usd"
---*/
with span as (
    select (select max(complete_through) from marks) as complete_through,
        min(day) as first_day, max(day) as last_day
    from spend_daily
),

reaches as (   -- one bill may be behind another; one that has not come for a month has ended
    select account_id, case when reached_day > s.complete_through - 31 then reached_day else s.complete_through end as known_day
    from (
        select account_id, max(m.complete_through) as reached_day
        from billed_daily
        join marks as m using (delivery_id)
        group by account_id
    ), span as s
),

months as (
    select unnest(generate_series(date_trunc('month', first_day), date_trunc('month', last_day), interval 1 month))::date
        as month
    from span
),

daily as (
    select date_trunc('month', day)::date as month, workload, day, known_day, sum(gross_usd) as gross_usd,
        sum(net_usd) as net_usd
    from spend_daily
    join reaches using (account_id)
    group by all
),

usual as (
    select workload, known_day, min(month) as first_month,
        coalesce(sum(net_usd) filter (day > known_day - 7 and day <= known_day), 0)
            / nullif(greatest(0, least(7, known_day - any_value(s.first_day) + 1)), 0) as usual_day_usd   -- unknown before a day is over
    from daily, span as s
    group by workload, known_day
),

workloads as (
    select workload, min(first_month) as first_month from usual group by workload
),

spent as (
    select m.month, w.workload,
        coalesce(sum(d.gross_usd), 0) as gross_usd,
        coalesce(sum(d.net_usd), 0) as net_usd,
        coalesce(sum(d.net_usd) filter (d.day <= d.known_day), 0) as complete_usd,
        (
            select case when bool_and(rest_days = 0 or usual_day_usd is not null) then coalesce(sum(usual_day_usd * rest_days), 0) end
            from (
                select usual_day_usd, greatest(0, last_day(m.month) - greatest(known_day, m.month - 1)) as rest_days
                from usual as u
                where u.workload = w.workload
            )
        ) as rest_usd
    from months as m
    join workloads as w on m.month >= w.first_month
    left join daily as d on d.month = m.month and d.workload = w.workload
    group by m.month, w.workload
),

compared as (
    select *,
        case when month > (select min(month) from months) then lag(net_usd) over w end as before_usd,
        avg(net_usd) over (w rows between 3 preceding and 1 preceding) as average_3_usd
    from spent
    window w as (partition by workload order by month)
)

select c.month, c.workload, c.gross_usd, c.net_usd,
    case when c.month > date_trunc('month', s.first_day) then coalesce(c.before_usd, 0) end as previous_usd,
    (c.net_usd / nullif(c.before_usd, 0))::double - 1 as change,
    c.average_3_usd::decimal(38, 12) as average_3_usd,
    case when c.rest_usd is not null then greatest(c.net_usd, c.complete_usd + c.rest_usd) end::decimal(38, 12) as projected_usd
from compared as c
cross join span as s
