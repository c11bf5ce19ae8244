/*---
title = "Datapoints that the ledger had and that nobody has answered anew"
doc = "All of who was not asked or did not answer, and those of a resource's metric that stayed unknown."
---*/
insert into datapoints by name
with unknown as (
    select distinct account_id, region, namespace, dimension, name as metric, resource
    from answers
    where not complete
),

silent as (
    from read_parquet($before) as held
    anti join told using (account_id, region, namespace)
)

from silent
union all by name
from read_parquet($before) as held
semi join told using (account_id, region, namespace)
semi join unknown using (account_id, region, namespace, dimension, metric, resource)
