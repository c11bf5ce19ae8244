/*---
title = "Inventory of taggable resources"
doc = "One row per resource and dated snapshot. `snapshot_day` is NULL where the saved answer bears no date."
---*/
create temp table resources (
    snapshot_day date,
    arn varchar not null,
    account_id varchar not null,
    region varchar not null,
    resource_type varchar not null,  -- application-inference-profile, provisioned-model, function, stateMachine, role ...
    name varchar,
    tags map(varchar, varchar) not null,
    model_id varchar,                -- what a profile or provisioned model runs
    role_arn varchar                 -- the execution role of a function
)
