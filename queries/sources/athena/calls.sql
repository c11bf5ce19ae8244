/*---
title = "Calls as Athena has grouped them"
---*/
insert into calls by name
select * exclude (fault, sessions, metadata, hour, input_sizes, output_sizes),
    hour::timestamp as hour,
    metadata::json::map(varchar, varchar) as metadata,
    nullif(sessions, 0) as sessions,
    map_from_entries(list_sort(nullif(map_entries(input_sizes), []))) as input_sizes,
    map_from_entries(list_sort(nullif(map_entries(output_sizes), []))) as output_sizes
from read_parquet($files)
where fault is null
