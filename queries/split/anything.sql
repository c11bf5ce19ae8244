/*---
title = "Whether there is anything to split by, or anything split"
---*/
select exists (from catalogue.calls)
    or exists (from catalogue.datapoints where namespace in ('AWS/Lambda', 'AWS/States'))
    or exists (from catalogue.splits)
    or exists (from catalogue.callers)
