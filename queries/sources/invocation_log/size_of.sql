/*---
title = "Tokens of one call as a size: see queries/ledger/calls.sql"
---*/
create or replace temp macro size_of(tokens) as
    case when tokens = 0 then 0 else 1 + round(ln(tokens) / ln(1.05)) end::usmallint
