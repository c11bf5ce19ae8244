/*---
title = "What AWS billed, by day, before anything was named"
---*/
create table billed_daily (
    delivery_id uinteger not null,
    billing_period varchar not null,
    day date not null,
    payer_account_id varchar not null,
    account_id varchar not null,
    line_type varchar not null,
    currency varchar not null,
    lines bigint not null,
    gross_usd decimal(38, 12) not null,
    net_usd decimal(38, 12) not null
)
