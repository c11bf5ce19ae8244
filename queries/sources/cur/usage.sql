/*---
title = "Lines grouped to the ledger's grain"
---*/
insert into usage by name
select billing_period, hour, payer_account_id, account_id, region, s.shape, t.tag_set, resource_id, principal,
    line_type, invoiced, currency,
    sum(lines) as lines,
    sum(amount) as amount,
    sum(gross_usd) as gross_usd,
    sum(net_usd) as net_usd,
    case when sum(listed) = sum(lines) then sum(list_usd) end as list_usd
from cur_keyed
join cur_shapes as s using (shape_key)
join cur_tag_sets as t using (tag_key)
group by all
