/*---
title = "The first row of the file that is no value"
---*/
with twice as (
    select series_id, day, known_on, max(line) as line
    from series_known
    group by series_id, day, known_on
    having count(*) > 1
)

select line,
    case
        when fault.subject is null or fault.subject = '' then 'it has no subject'
        when day is null then format('its day is {}, no date', coalesce(fault.day, 'empty'))
        when usd is null or not abs(usd) < 1e15 then format('its usd is {}, no number of dollars', coalesce(fault.usd, 'empty'))
        when known_on is null then format('its known_on is {}, no date', fault.known_on)
        else format('it was known on {}, before {} was over', known_on, day)
    end as fault
from series_known
where fault is not null
union all
select t.line, format('{} of {} as known on {} is there more than once', n.subject, t.day, t.known_on)
from twice as t
join series_named as n using (series_id)
order by line
limit 1
