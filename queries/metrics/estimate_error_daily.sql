/*---
title = "How good the estimate has been"
grain = "day x model"
doc = "The estimate of a day as it could be made on that day, beside what the bill says now that it is settled, for accounts and regions where both are known. Positive: the estimate was too high."
[columns]
estimated_usd = "at the rates known on that day"
billed_usd = "token lines of the settled bill"
error_usd = "estimated minus billed"
error = "error_usd over billed_usd; NULL where nothing was billed"
running_error = "the same over this and the 27 days before it"
---*/
with estimated as (
    select day, account_id, region, model, sum(estimated_usd) as estimated_usd
    from priced_hourly
    where model is not null
    group by all
),

billed as (
    select day, account_id, region, model, sum(gross_usd) as billed_usd, bool_and(basis = 'final') as settled
    from attributed
    where cost_class = 'usage' and charge = 'inference' and token_kind is not null
    group by all
),

both_known as (
    select e.day, e.model, sum(e.estimated_usd) as estimated_usd, sum(b.billed_usd) as billed_usd
    from estimated as e
    join billed as b using (day, account_id, region, model)
    where b.settled
    group by all
)

select day, model, estimated_usd, billed_usd, estimated_usd - billed_usd as error_usd,
    ((estimated_usd - billed_usd) / nullif(billed_usd, 0))::double as error,
    ((sum(estimated_usd) over w - sum(billed_usd) over w) / nullif(sum(billed_usd) over w, 0))::double as running_error
from both_known
window w as (partition by model order by day range between interval 27 days preceding and current row)
