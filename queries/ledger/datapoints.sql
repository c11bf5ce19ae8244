/*---
title = "CloudWatch datapoints by hour"
doc = """
One row per hour x account x region x namespace x metric x one dimension, and what tells its series apart within it.
`dimension` is ModelId, FunctionName, StateMachineArn, AgentAliasArn, Project or '' (the account's control total); each
counts everything, so that no two are ever added. ServiceTier counts once more, by tier, what ModelId counts: only for
who asks for tiers.
"""
---*/
create temp table datapoints (
    hour timestamp not null,
    account_id varchar not null,
    region varchar not null,
    namespace varchar not null,
    metric varchar not null,
    dimension varchar not null,
    resource varchar not null,       -- the dimension's value as AWS sent it; '' for the control total
    model_id varchar,                -- of a Project or AgentAliasArn; NULL where the resource is the model or has none
    service_tier varchar,            -- that served (ResolvedServiceTier); only where dimension is ServiceTier
    asked_tier varchar,              -- that the caller asked for; only there
    sum double not null,
    samples double                   -- NULL where nobody asked: the collector does not, AWS bills it
)
