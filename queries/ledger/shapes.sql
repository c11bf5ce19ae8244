/*---
title = "Line shapes"
doc = "The distinct ways a line describes itself within one delivery: what classification reads."
---*/
create temp table shapes (
    shape uinteger not null,
    product_code varchar,
    billing_entity varchar,
    usage_type varchar,
    operation varchar,
    unit varchar,
    description varchar,
    product_family varchar,
    product_name varchar,
    provider varchar,
    model varchar,
    inference_type varchar,
    feature varchar,
    resource_model varchar           -- model id inside a foundation-model or system inference-profile ARN
)
