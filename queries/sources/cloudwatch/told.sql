/*---
title = "Who answered"
---*/
create temp table told as
select unnest(from_json($told, '[{"account_id": "varchar", "region": "varchar", "namespace": "varchar"}]'), recursive := true)
