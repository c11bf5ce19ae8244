/*---
title = "Declared workloads: what one query of theirs is"
---*/
create table workload_units (
    workload varchar primary key,
    namespace varchar not null,
    resource varchar
)
