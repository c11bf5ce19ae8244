/*---
title = "The first row of the file that is no value"
---*/
select line,
    case
        when subject is null or subject = '' then 'it has no subject'
        when day is null then format('its day is {}, no date', coalesce(day_text, 'empty'))
        when usd is null or not isfinite(usd) then format('its usd is {}, no number', coalesce(usd_text, 'empty'))
        when known_on is null then format('its known_on is {}, no date', known_text)
        when known_on <= day then format('it was known on {}, before {} was over', known_on, day)
        else format('{} of {} as known on {} is there more than once', subject, day, known_on)
    end as fault
from series_read
qualify subject is null or subject = '' or day is null or usd is null or not isfinite(usd) or known_on is null
    or known_on <= day or count(*) over (partition by keys, day, known_on) > 1
order by line
limit 1
