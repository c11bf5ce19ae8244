/*---
title = "Inventory snapshots"
---*/
create table resources (
    delivery_id uinteger not null,
    snapshot_day date,
    arn varchar not null,
    account_id varchar not null,
    region varchar not null,
    resource_type varchar not null,
    name varchar,
    tags map(varchar, varchar) not null,
    model_id varchar,
    role_arn varchar
)
