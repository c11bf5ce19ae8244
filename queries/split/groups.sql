/*---
title = "Groups of lines: what rungs 1 to 4 left without a workload"
doc = "`billed` are their tokens. `lines_key` tells which lines they are: NULL where every line has a name."
---*/
create or replace temp table split_groups as
select group_id, day, account_id, region, model, family, tier, meter, called, principal,
    sum(tokens) filter (workload is null and meter not in ('all', 'other')) as billed,
    md5(string_agg(distinct line_identity_id::varchar, ' ' order by line_identity_id::varchar)
        filter (workload is null)) as lines_key
from line_groups
group by all
