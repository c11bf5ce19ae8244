/*---
title = "Keys of the lines of one file whose maps were decoded"
---*/
insert into cur_tag_keys by name
select hash($file::varchar, file_row_number) as line, tag_set::ubigint as tag_key,
    coalesce(gross::varchar, '0')::decimal(24, 12) as gross_usd
from cur_decoded
