/*---
title = "Who was asked to collections"
doc = "Adds $rows, a JSON list of places and how they answered, to `collections`."
---*/
insert into collections by name
select unnest(from_json($rows, '[{
    "account_id": "varchar",
    "region": "varchar",
    "subject": "varchar",
    "collected_through": "timestamp",
    "status": "varchar",
    "detail": "varchar"
}]'), max_depth := 2)
