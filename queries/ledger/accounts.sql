/*---
title = "Account names"
doc = "The name of each account as the bill gives it."
---*/
create temp table accounts (
    account_id varchar not null,
    account_name varchar
)
