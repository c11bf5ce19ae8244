/*---
title = "Tag sets of this delivery"
---*/
insert into tag_sets by name
select tag_set, tags from cur_tag_sets
