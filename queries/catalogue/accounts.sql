/*---
title = "Account names"
---*/
create table accounts (
    delivery_id uinteger not null,
    account_id varchar not null,
    account_name varchar
)
