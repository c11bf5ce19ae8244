/*---
title = "Days on which attributed dollars are not the billed ones"
doc = "No row is the only good answer. Lines are compared through their names and kinds, so that a line whose name is lost counts as lost."
---*/
with attributed as (
    select delivery_id, billing_period, hour::date as day, payer_account_id, account_id, line_type, currency,
        sum(lines) as lines, sum(gross_usd) as gross_usd, sum(net_usd) as net_usd
    from catalogue.lines
    semi join (from catalogue.identities where workload is not null) using (identity_id)
    semi join (from catalogue.kinds where charge is not null) using (kind_id)
    group by all
)

select coalesce(b.day, a.day) as day, coalesce(b.account_id, a.account_id) as account_id,
    coalesce(b.line_type, a.line_type) as line_type,
    coalesce(b.gross_usd, 0) as billed_usd, coalesce(a.gross_usd, 0) as attributed_usd
from catalogue.billed_daily as b
full join attributed as a
    using (delivery_id, billing_period, day, payer_account_id, account_id, line_type, currency)
where a.gross_usd is distinct from b.gross_usd
    or a.net_usd is distinct from b.net_usd
    or a.lines is distinct from b.lines
order by 1, 2, 3
limit 20
