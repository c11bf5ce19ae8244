/*---
title = "Budgets of finops.toml: what a month may cost"
---*/
create table declared_budgets (
    budget varchar primary key,
    amount_usd decimal(24, 12) not null,
    workload varchar,
    team varchar,
    environment varchar,
    account_id varchar,
    thresholds decimal(9, 4)[] not null,
    projected decimal(9, 4)[] not null
)
