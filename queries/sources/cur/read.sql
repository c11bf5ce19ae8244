/*---
title = "What the ledger's rows say"
---*/
select coalesce(sum(lines), 0), coalesce(sum(gross_usd), 0) from usage
