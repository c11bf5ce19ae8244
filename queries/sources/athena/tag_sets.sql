/*---
title = "Tag sets of this delivery"
---*/
insert into tag_sets by name
select distinct tag_set, tags
from athena_lines
