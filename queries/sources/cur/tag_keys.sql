/*---
title = "The key of each line's tags"
doc = "A number or a hash stands for the maps; a line that two tag sets shared one for would double, and be refused. The dollars tell that both scans saw the same line."
---*/
create or replace temp table cur_tag_keys (
    line ubigint,
    gross_usd decimal(24, 12),
    tag_key ubigint
)
