/*---
title = "CloudWatch by hour and resource"
---*/
create table datapoints (
    delivery_id uinteger not null,
    hour timestamp not null,
    account_id varchar not null,
    region varchar not null,
    namespace varchar not null,
    dimension varchar not null,
    resource varchar not null,
    model_id varchar,
    service_tier varchar,
    asked_tier varchar,
    metric varchar not null,
    sum double not null,
    samples double
)
