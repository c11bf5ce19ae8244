/*---
title = "Columns of a written file"
doc = "Names and Athena types as a Data Exports manifest lists them."
---*/
select
    column_name,
    case
        when column_type = 'VARCHAR' then 'string'
        when column_type like 'MAP%' then 'map'
        else lower(column_type)
    end
from (describe select * from read_parquet($file, hive_partitioning = false))
