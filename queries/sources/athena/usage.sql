/*---
title = "Lines as Athena has grouped them"
---*/
insert into usage by name
select billing_period, hour, payer_account_id, account_id, region, shape, tag_set, resource_id, principal, line_type,
    invoiced, currency, lines, amount, gross_usd, net_usd, list_usd
from athena_lines
