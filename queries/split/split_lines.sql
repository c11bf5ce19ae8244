/*---
title = "Those rows as the whole lines that were billed, with the group that is to share each"
---*/
create or replace temp table split_lines as
with whole as (
    select l.delivery_id, l.billing_period, l.hour, l.payer_account_id, l.account_id, l.region, l.kind_id,
        r.line_identity_id, l.line_type, l.invoiced, l.currency, r.workload, r.called, r.caller, r.model, r.meter,
        sum(l.lines)::bigint as lines, sum(l.amount)::decimal(38, 12) as amount,
        sum(l.gross_usd)::decimal(24, 12) as gross_usd, sum(l.net_usd)::decimal(24, 12) as net_usd,
        sum(l.list_usd)::decimal(24, 12) as list_usd
    from catalogue.lines as l
    join split_rows as r on r.line_row = l.rowid
    group by all
)

select w.* exclude (workload, called, caller, model, meter), g.group_id
from whole as w
left join split_groups as g
    on w.workload is null and g.day = w.hour::date and g.account_id = w.account_id and g.region = w.region
    and g.model is not distinct from w.model and g.meter = w.meter and g.called = w.called
    and g.principal is not distinct from w.caller
