/*---
title = "Identities: who a line may be named by, each once, with the names it got"
doc = "`resource_since` is the day from which the inventory's tags of the resource are those seen here. A share of a line is its line's identity (`split_of`) and a taker."
---*/
create table identities (
    identity_id uinteger primary key,
    identity_key varchar not null unique,
    account_id varchar not null,
    resource_id varchar,
    resource varchar,                -- its last part, as CloudWatch names it
    principal varchar,
    tag_set_id uinteger not null,
    resource_since date,
    split_of uinteger,
    taker varchar,
    workload varchar,
    team varchar,
    environment varchar,
    cost_center varchar,
    model_tag varchar,
    attribution varchar,
    attribution_by_key map(varchar, varchar),
    reason varchar,
    collision varchar
)
