/*---
title = "Keys of lines whose maps were read whole"
---*/
insert into cur_tag_keys by name
select line, gross_usd, tag_key from cur_line_tags
