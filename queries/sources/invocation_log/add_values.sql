/*---
title = "Note the metadata keys of the records at hand, and the values of those in $wanted"
---*/
insert into log_values
with met as (
    select key, list_contains(list_transform($wanted::varchar[], lambda k: same_key(k)), same_key(key)) as wanted
    from (select distinct unnest(map_keys(metadata)) as key from log_records)
),

entry as (
    select distinct key, true as wanted, metadata[key] as value
    from met
    cross join log_records
    where wanted and trim(value) <> ''
    union all
    select key, false, '' from met where not wanted
)

from entry anti join log_values using (key, value)
