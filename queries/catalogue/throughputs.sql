/*---
title = "Provisioned throughput snapshots"
---*/
create table throughputs (
    delivery_id uinteger not null,
    snapshot_day date,
    arn varchar not null,
    name varchar not null,
    account_id varchar not null,
    region varchar not null,
    model_id varchar not null,
    units bigint not null,
    status varchar not null,
    term varchar,
    created_at timestamp not null,
    expires_at timestamp
)
