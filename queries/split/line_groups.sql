/*---
title = "Lines that can be split, in groups that one count measures"
doc = "Where and when there is anything to split them by. Named lines are here too: what they bill is not anybody else's."
---*/
create or replace temp table line_groups as
with told as (
    select distinct day, account_id, region from catalogue.callers
    union
    select distinct day, account_id, region from consumers
),

grouped as (
    select l.delivery_id, l.hour::date as day, l.account_id, l.region, k.model, k.family, k.tier, k.meter,
        p.called, p.principal, p.line_identity_id, p.workload,
        sum(round((l.amount_before + l.amount) * k.tokens_per_unit) - round(l.amount_before * k.tokens_per_unit))
            ::hugeint as tokens
    from catalogue.lines as l
    join meters as k using (kind_id)
    join parties as p using (identity_id)
    join catalogue.line_classes as c using (line_type)
    semi join told as t on t.day = l.hour::date and t.account_id = l.account_id and t.region = l.region
    where c.cost_class = 'usage' and within_reach(l.amount, l.gross_usd, l.net_usd, l.list_usd)
    group by all
)

select *,
    dense_rank() over (order by day, account_id, region, model, meter, called, principal) as group_id
from grouped
