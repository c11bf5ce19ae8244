/*---
title = "Maps of keys whose maps were decoded"
---*/
insert into cur_raw_tags by name
select tag_set::ubigint as tag_key, * exclude (tag_set) from cur_decoded_sets
