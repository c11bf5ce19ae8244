/*---
title = "The bill has days that are still to come"
severity = "warn"
headline = "{days} day(s) of the bill are still to come"
summary = "The bill has {lines:,} lines of {days} day(s) after today, up to {last_day:%d %b %Y}, for {usd:usd}. They count in sums, and are judged by nobody."
why = "A date in the future is a clock or a pipeline that is wrong: where these lines stand, others are missing."
next_step = "Look into the export that holds {last_day:%d %b %Y}, and at this machine's clock; a file that was made by hand does not belong there."
---*/
select 'the bill' as subject, sum(gross_usd)::decimal(38, 2) as usd, count(distinct day) as days, max(day) as last_day,
    sum(lines)::bigint as lines
from billed_daily
join line_classes using (line_type)
where is_spend and day > $now::date and $day is not null
having count(*) > 0
