/*---
title = "AWS answers to commitments"
doc = "Adds $rows, a JSON list of the provisioned throughputs of one snapshot, to `commitments`. Instants are UTC."
---*/
insert into commitments by name
select
    $snapshot_day::date as snapshot_day,
    *,
    split_part(arn, ':', 5) as account_id,
    split_part(arn, ':', 4) as region
from (
    select unnest(from_json($rows, '[{
        "arn": "varchar",
        "name": "varchar",
        "model_id": "varchar",
        "units": "bigint",
        "status": "varchar",
        "term": "varchar",
        "created_at": "timestamp",
        "expires_at": "timestamp"
    }]'), max_depth := 2)
)
