/*---
title = "What a delivery cannot answer"
---*/
create table delivery_notes (
    delivery_id uinteger not null,
    note varchar not null
)
