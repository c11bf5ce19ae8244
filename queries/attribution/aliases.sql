/*---
title = "Spellings to look for, per key, first wins"
---*/
create or replace temp table aliases (
    key varchar not null,
    rank integer not null,
    spelling varchar not null
)
