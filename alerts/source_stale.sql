/*---
title = "A source has stopped"
severity = "warn"
headline = "{source} {happened}"
summary = "{source} {standing}. Until it goes on, what it would show is unknown, not zero."
why = "Rules that need this source do not run on days that it does not cover, and their open incidents stay as they are."
next_step = "Look at the export (Billing and Cost Management, Data Exports) or the stream that writes {source}, and at whoever copies it; then run finops sync."
needs = []

[params.bill_hours]
value = 60
unit = "hours"
doc = "for the bill: AWS refreshes it daily, a day late"

[params.metrics_hours]
value = 6
unit = "hours"
doc = "for CloudWatch"

[params.inventory_hours]
value = 840
unit = "hours"
doc = "for inventory snapshots"
---*/
with told as (
    select source, kind, data_through, problem from freshness
    union all   -- an account that does not answer holds nobody back, and is told by itself
    select concat(source, ' in ', account_id), kind,
        min(coalesce(data_through, try_cast(asked_since as timestamp))), null
    from freshness_by_account
    where kind = 'cloudwatch' and status in ('partial', 'refused', 'failed')
    group by all
),

limits as (
    select *,
        case
            when kind in ('cur', 'athena') then $bill_hours
            when kind in ('metric_stream', 'cloudwatch', 'invocation_log', 'athena_log') then $metrics_hours
            when kind = 'inventory' then $inventory_hours
        end as limit_hours,
        date_diff('minute', data_through, $now::timestamp) / 60.0 as hours
    from told
)

select source as subject, source, kind, data_through, hours, limit_hours,
    case when hours is null then 'was never reached' else format('stopped {:.0f} hours ago', hours) end as happened,
    case
        when hours is null then concat('was never reached: ', problem)
        else format('reaches {}, {:.0f} hours ago; {} are usual', strftime(data_through, '%d %b %H:%M'), hours, limit_hours)
    end as standing
from limits
where (hours > limit_hours or (data_through is null and problem is not null)) and $day is not null
