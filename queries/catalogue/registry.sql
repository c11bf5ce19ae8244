/*---
title = "Declared workloads: whose they are, what they may use, what one query of theirs is"
---*/
create table registry (
    workload varchar primary key,
    team varchar,
    environments varchar[] not null,
    models varchar[] not null,       -- names as the bill has them, or with *; none: any
    namespace varchar not null,
    resource varchar
)
