/*---
title = "A file of series, as text"
---*/
create or replace temp table series_file as
from read_csv($path, header = true, all_varchar = true)
