/*---
title = "Days whose dollars changed after they were first read"
---*/
create table restated (
    generation bigint not null,
    seen_at timestamp not null,
    source varchar not null,
    billing_period varchar not null,
    day date not null,
    workload varchar not null,
    before_usd decimal(38, 12) not null,
    after_usd decimal(38, 12) not null,
    basis_before varchar not null,
    cause varchar                    -- bill or names; NULL where it was not yet told apart
)
