/*---
title = "What was asked of each account and region"
doc = "One row per account x region x subject (a CloudWatch namespace, an inventory call) that a source asked for. `collected_through` is the end of what was asked for and answered completely, NULL where nothing was; `status` is complete, partial, refused, failed or absent (the service is not in that region); `detail` has AWS's words."
---*/
create temp table collections (
    account_id varchar not null,
    region varchar not null,
    subject varchar not null,
    collected_through timestamp,
    status varchar not null,
    detail varchar
)
