/*---
title = "AWS answers to resources"
doc = "Adds $rows, a JSON list of what the answers of one snapshot say about each ARN, to `resources`. Account, region and type are the ARN's own; an ARN without a type segment (S3, SQS, SNS) has its service for a type."
---*/
insert into resources by name
select
    $snapshot_day::date as snapshot_day,
    arn,
    split_part(arn, ':', 5) as account_id,
    split_part(arn, ':', 4) as region,
    coalesce(
        nullif(regexp_extract(arn, '^(?:[^:]*:){5}([^:/]+)[:/]', 1), ''),
        split_part(arn, ':', 3)
    ) as resource_type,
    name,
    coalesce(tags, map {}) as tags,
    model_id,
    role_arn
from (
    select unnest(from_json($rows, '[{
        "arn": "varchar",
        "name": "varchar",
        "tags": "map(varchar, varchar)",
        "model_id": "varchar",
        "role_arn": "varchar"
    }]'), max_depth := 2)
)
