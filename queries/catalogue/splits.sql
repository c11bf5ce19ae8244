/*---
title = "What lines are split by: one row per bill, group of lines and share"
doc = "`taker` is '' where the share stays with the line. `lines_key` tells which lines of the group have no workload of their own."
---*/
create table splits (
    delivery_id uinteger not null,
    day date not null,
    account_id varchar not null,
    region varchar not null,
    model varchar,
    meter varchar not null,          -- input, output, cache_read, cache_write; all: of a provisioned throughput; other
    called varchar not null,         -- the profile or throughput that the lines name; '' where they name none
    principal varchar,
    rung varchar not null,
    workload varchar,
    team varchar,
    environment varchar,
    cost_center varchar,
    model_tag varchar,
    told_by varchar not null,
    taker varchar not null,
    weight bigint not null,
    billed bigint,
    lines_key varchar not null
)
