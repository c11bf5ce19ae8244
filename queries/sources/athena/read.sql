/*---
title = "What the ledger's rows say"
---*/
select coalesce(sum(lines), 0) as lines, coalesce(sum(gross_usd), 0) as gross_usd
from usage
