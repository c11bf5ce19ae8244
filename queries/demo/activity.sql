/*---
title = "What happened"
doc = "Adds rows, given as one list per column, to `activity`: one row per flow x hour x measure."
---*/
insert into activity
select
    unnest($flow)::integer,
    make_timestamp(unnest($hour)::bigint * 1000000),
    unnest($measure),
    unnest($quantity)::bigint,
    unnest($samples)::bigint
