/*---
title = "Line kinds: how each distinct line describes itself, and how it is read"
---*/
create table kinds (
    kind_id uinteger primary key,
    shape_key varchar not null unique,
    product_code varchar,
    billing_entity varchar,
    usage_type varchar,
    operation varchar,
    unit varchar,
    description varchar,
    product_family varchar,
    product_name varchar,
    metadata_provider varchar,
    metadata_model varchar,
    inference_type varchar,
    feature varchar,
    resource_model varchar,
    provider varchar,
    model varchar,
    family varchar,
    tier varchar,
    token_kind varchar,
    service_tier varchar,
    scope varchar,
    charge varchar,
    tokens_per_unit bigint,
    disagreement varchar,
    unclassified varchar
)
