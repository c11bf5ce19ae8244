/*---
title = "Answers to hourly datapoints"
doc = """
The answers of who answered, as datapoints of $day. The two names of a cache metric are one series: max, never sum.
Where one series of a resource is unknown, so is their sum, and there is no row.
"""
---*/
insert into datapoints by name
with known as (
    select account_id, region, namespace, dimension, name, resource
    from answers
    join told using (account_id, region, namespace)
    group by all
    having bool_and(complete)
),

hourly as (
    select account_id, region, namespace, dimension, name, resource, model_id, service_tier, asked_tier, series,
        unnest(hours) as hour, unnest(values) as value
    from answers
    semi join known using (account_id, region, namespace, dimension, name, resource)
),

once as (
    select * exclude (value), max(value) as value
    from hourly
    group by all
)

select $day::timestamp + to_hours(hour::integer) as hour,
    account_id, region, namespace, name as metric, dimension, resource, model_id, service_tier, asked_tier,
    sum(value) as sum
from once
group by all
