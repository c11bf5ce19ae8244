/*---
title = "How the days that the ledger holds were answered"
---*/
select filename, account_id, region, subject, status, collected_through, detail
from read_parquet($files, filename = true)
