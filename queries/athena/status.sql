/*---
title = "Whether a legacy report is whole"
doc = "Runs in Athena. AWS keeps one row beside the report: READY, or UPDATING while it rewrites the files."
---*/
select status
from status_table
