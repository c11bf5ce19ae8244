/*---
title = "Each line, or each of its shares, under its identity"
doc = "A line without shares goes in whole; a line with shares is apportioned so that they sum to it exactly."
---*/
insert into catalogue.lines by name
select $delivery_id as delivery_id, billing_period, hour, payer_account_id, account_id, region, kind_id,
    coalesce(s.identity_id, i.identity_id) as identity_id, line_type, invoiced, currency,
    if(coalesce(s.since, 0) = 0, lines, 0) as lines,
    if(s.line_id is null, 0, coalesce(apportion(amount, 0, s.since, s.whole), 0)) as amount_before,
    if(s.line_id is null, amount, apportion(amount, s.since, s.upto, s.whole)) as amount,
    if(s.line_id is null, gross_usd, apportion(gross_usd, s.since, s.upto, s.whole)) as gross_usd,
    if(s.line_id is null, net_usd, apportion(net_usd, s.since, s.upto, s.whole)) as net_usd,
    if(s.line_id is null, list_usd, apportion(list_usd, s.since, s.upto, s.whole)) as list_usd
from usage_in
join line_identities as i using (line_id)
left join share_spans as s using (line_id)
order by billing_period, identity_id, hour
