/*---
title = "Organizations' accounts to accounts"
doc = "Adds $rows, a JSON list of accounts and their names, to `accounts`."
---*/
insert into accounts by name
select unnest(from_json($rows, '[{"account_id": "varchar", "account_name": "varchar"}]'), max_depth := 2)
