/*---
title = "What the ledger was made from"
---*/
create table deliveries (
    delivery_id uinteger primary key,
    source varchar not null,
    kind varchar not null,
    partition varchar not null,
    origin varchar not null,
    signature varchar not null,
    generation bigint not null
)
