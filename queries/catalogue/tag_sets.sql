/*---
title = "Tag sets, each once"
---*/
create table tag_sets (
    tag_set_id uinteger primary key,
    tag_key varchar not null unique,
    tags map(varchar, varchar) not null
)
