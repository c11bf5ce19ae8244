/*---
title = "Request metadata as tag sets"
---*/
create or replace temp table tag_sets_in as
select distinct md5(tags::varchar) as tag_key, tags
from callers_in
