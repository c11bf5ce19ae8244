/*---
title = "What was asked of each account and region, and how far the answers reach"
---*/
create table collections (
    delivery_id uinteger not null,
    account_id varchar not null,
    region varchar not null,
    subject varchar not null,
    collected_through timestamp,
    status varchar not null,
    detail varchar
)
