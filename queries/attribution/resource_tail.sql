/*---
title = "What CloudWatch calls a resource: the last part of its ARN, or the model id with its version"
---*/
create or replace temp macro resource_tail(arn) as regexp_extract(arn, '[^/:]+(?::\d+)?$')
