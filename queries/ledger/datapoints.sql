/*---
title = "CloudWatch datapoints by hour"
doc = "One row per hour x account x region x namespace x metric x one dimension. `dimension` is ModelId, FunctionName, StateMachineArn, AgentAliasArn, Project or '' (the account's control total); series with further dimensions (service tier) are not here, or they would count twice."
---*/
create temp table datapoints (
    hour timestamp not null,
    account_id varchar not null,
    region varchar not null,
    namespace varchar not null,
    metric varchar not null,
    dimension varchar not null,
    resource varchar not null,       -- the dimension's value as AWS sent it; '' for the control total
    sum double not null,
    samples double not null
)
