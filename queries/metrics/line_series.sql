/*---
title = "Which series a line is of"
grain = "identity x kind x delivery"
doc = "What `series_daily` is made with: the lines of one series, and until when their dollars are final."
[columns]
identity_id = "of identities"
kind_id = "of kinds"
delivery_id = "of deliveries"
series_id = "number of the workload's model, the same within a generation"
first_day = "of spend; NULL where there is none"
last_day = "the last complete day of the sources that carry the series: beyond is unknown, not zero"
last_hour = "of spend"
usd = "gross USD of spend"
settled_through = "a day before it that has no lines is final: of the slowest source that carries the series and has not ended a month ago"
final_through = "a line before it is final, and the day with it"
---*/
with carried as (
    select l.identity_id, l.kind_id, l.delivery_id, min(l.hour) filter (where s.is_spend)::date as first_day,
        max(l.hour) filter (where s.is_spend) as last_hour, sum(l.gross_usd) filter (where s.is_spend)::double as usd
    from lines as l
    join line_classes as s using (line_type)
    group by all
),

numbered as (
    select c.*, i.workload, k.model, dense_rank() over (order by i.workload, k.model) as series_id,
        max(m.complete_through) over (partition by i.workload, k.model) as last_day, m.complete_through, m.settled_through,
        case when k.billing_entity = 'AWS Marketplace' then m.settled_through_marketplace else m.settled_through end
            as final_through
    from carried as c
    join identities as i using (identity_id)
    join kinds as k using (kind_id)
    join marks as m using (delivery_id)
)

select * exclude (complete_through) replace (
    min(settled_through) filter (complete_through > last_day - 31) over of_series as settled_through,
    least(final_through, min(settled_through) filter (complete_through > last_day - 31) over of_series) as final_through
)
from numbered
window of_series as (partition by series_id)
