/*---
title = "What the maps of a key hold, as they are"
---*/
create or replace temp table cur_raw_tags (
    tag_key ubigint,
    resource_tags struct(key varchar, value varchar)[],
    tags struct(key varchar, value varchar)[],
    cost_category struct(key varchar, value varchar)[]
)
