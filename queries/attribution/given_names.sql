/*---
title = "Names given in the configuration, by account or principal"
---*/
create or replace temp table given_names (
    scope varchar not null,          -- account, principal, cost_category
    subject varchar not null,
    key varchar not null,
    value varchar not null
)
