/*---
title = "Tag sets of one delivery under a key that is the same in every delivery"
---*/
create or replace temp table tag_sets_in as
select tag_set, md5(tags::varchar) as tag_key, tags
from tag_sets_read
