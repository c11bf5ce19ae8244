/*---
title = "How far each bill reaches, and how far it is settled"
---*/
create table marks (
    delivery_id uinteger not null,
    source varchar not null,
    data_through timestamp not null,
    complete_through date not null,
    settled_through timestamp not null,
    settled_through_marketplace timestamp not null
)
