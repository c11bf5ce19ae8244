/*---
title = "Lines to be split: line x taker, with integer weights"
---*/
create or replace temp table shares (
    line_id bigint not null,
    identity_id uinteger not null,
    weight bigint not null
)
