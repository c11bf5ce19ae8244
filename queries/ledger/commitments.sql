/*---
title = "Provisioned throughputs"
doc = "One row per provisioned throughput and dated snapshot, as list-provisioned-model-throughputs tells."
---*/
create temp table commitments (
    snapshot_day date,
    arn varchar not null,
    name varchar not null,
    account_id varchar not null,
    region varchar not null,
    model_id varchar not null,
    units bigint not null,
    status varchar not null,
    term varchar,                    -- OneMonth, SixMonths; NULL: no commitment
    created_at timestamp not null,
    expires_at timestamp
)
