/*---
title = "The columns of the file"
---*/
select column_name
from (describe series_file)
