/*---
title = "Rows of those days that are, were or will be shares"
---*/
create or replace temp table split_rows as
select l.rowid as line_row, p.line_identity_id, p.workload, p.called, p.principal as caller, k.model, k.meter
from catalogue.lines as l
join split_days as d on d.delivery_id = l.delivery_id and d.day = l.hour::date
join meters as k using (kind_id)
join parties as p using (identity_id)
join catalogue.line_classes as c using (line_type)
where c.cost_class = 'usage' and within_reach(l.amount, l.gross_usd, l.net_usd, l.list_usd)
    and (p.workload is null or p.was_split)
