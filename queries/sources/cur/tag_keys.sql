/*---
title = "The key of each line's tags"
doc = "A hash stands for the maps; a line that two tag sets shared a hash for would double, and be refused."
---*/
create or replace temp table cur_tag_keys as
select line, gross_usd, hash(resource_tags, tags, cost_category) as tag_key
from cur_line_tags
