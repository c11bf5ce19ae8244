/*---
title = "Sources that AWS refused at the last sync, with its words"
---*/
create table unreachable (
    source varchar primary key,
    problem varchar not null
)
