/*---
title = "What happened"
doc = "Adds rows, given as one JSON list for each column (`$hour` in epoch seconds), to `activity`."
---*/
insert into activity
select
    unnest(cast(cast($flow as json) as integer[])),
    make_timestamp(unnest(cast(cast($hour as json) as bigint[])) * 1000000),
    unnest(cast(cast($measure as json) as varchar[])),
    unnest(cast(cast($quantity as json) as bigint[])),
    unnest(cast(cast($samples as json) as bigint[]))
