/*---
title = "What was published last"
---*/
create or replace temp table totals_before (
    source varchar,
    billing_period varchar,
    day date,
    workload varchar,
    usd decimal(38, 12),
    invoiced boolean
)
