/*---
title = "Days of an account's log that two sources tell alike"
doc = "All rows of the source that tells less stand in the other, too. A log that moves from one bucket to another on a day shares no row."
---*/
with told as (
    select d.source, c.account_id, c.region, c.hour::date as day,
        md5(row(c.hour, c.operation, c.model_id, c.principal, c.metadata, c.service_tier, c.error, c.calls,
            c.input_tokens, c.output_tokens)::varchar) as call
    from catalogue.calls as c
    join catalogue.deliveries as d using (delivery_id)
),

days as (
    select account_id, region, day, source, count(distinct call) as rows_told
    from told
    group by account_id, region, day, source
)

select a.account_id, a.region, a.day, a.source as one, b.source as other
from days as a
join days as b on b.account_id = a.account_id and b.region = a.region and b.day = a.day and b.source > a.source
join told as t on t.source = a.source and t.account_id = a.account_id and t.region = a.region and t.day = a.day
join told as u on u.source = b.source and u.account_id = b.account_id and u.region = b.region and u.call = t.call
group by all
having count(distinct t.call) >= least(any_value(a.rows_told), any_value(b.rows_told))
order by all
limit 1
