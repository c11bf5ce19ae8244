/*---
title = "The last hour of each bill, over all its lines, of whatever service"
---*/
create table reach (
    delivery_id uinteger not null,
    last_hour timestamp
)
