/*---
title = "The lines of one delivery, each whole under its identity"
---*/
insert into catalogue.lines by name
select $delivery_id as delivery_id, billing_period, hour, payer_account_id, account_id, region, kind_id, identity_id,
    line_type, invoiced, currency, lines, 0 as amount_before, amount, gross_usd, net_usd, list_usd
from usage_in
join line_identities using (line_id)
order by billing_period, identity_id, hour
