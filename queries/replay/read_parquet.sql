/*---
title = "A file of series, as it is"
---*/
create or replace temp table series_file as
from read_parquet($path)
