/*---
title = "How far each source reaches"
grain = "source"
[columns]
data_through = "end of the last hour (or day of the last snapshot) that it has; of CloudWatch, the least of the accounts and regions that answered when last asked"
complete_through = "last whole day of it"
settled_through = "until when its dollars are final; Marketplace lines a day earlier; NULL for sources without dollars"
notes = "what it cannot answer, and what to switch on; which accounts did not answer when last asked, and why"
source = "kind and path of the source"
kind = "of the source"
deliveries = "files or groups of files that the ledger holds"
changed_in_generation = "the last generation that one of them changed in"
problem = "why it could not be asked at the last sync; NULL where it was"
---*/
with reach as (
    select source, max(data_through) as data_through, max(complete_through) as complete_through,
        max(settled_through) as settled_through
    from marks
    group by source
    union all
    select d.source, max(p.hour) + interval 1 hour, (max(p.hour) + interval 1 hour)::date - 1, null
    from datapoints as p
    join deliveries as d using (delivery_id)
    where d.kind <> 'cloudwatch'
    group by d.source
    union all
    select source, data_through, data_through::date - 1, null
    from (
        select source, coalesce(min(data_through) filter (status = 'complete'), max(data_through)) as data_through
        from freshness_by_account
        where kind = 'cloudwatch' and status <> 'absent'
        group by source
    )
    union all
    select d.source, max(r.snapshot_day)::timestamp, max(r.snapshot_day), null
    from resources as r
    join deliveries as d using (delivery_id)
    group by d.source
    union all
    select d.source, max(c.hour) + interval 1 hour, (max(c.hour) + interval 1 hour)::date - 1, null
    from calls as c
    join deliveries as d using (delivery_id)
    group by d.source
),

silent as (   -- who did not answer everything when last asked, and what AWS said to one of them
    select source, account_id, status, max(data_through) as last_heard, min(detail) as detail,
        string_agg(distinct nullif(region, ''), ', ' order by nullif(region, '')) as regions
    from freshness_by_account
    where status in ('partial', 'refused', 'failed') or status = 'complete' and detail is not null
    group by source, account_id, status
),

silence as (
    select source, count(*) as accounts,
        list(concat('account ', account_id, ' (' || regions || ')', ' ', status,
            ', last answered ' || strftime(last_heard, '%Y-%m-%d %H:%M'), ': ', detail)
            order by status = 'partial', account_id) as told
    from silent
    group by source
)

select d.source, d.kind, r.data_through, r.complete_through, r.settled_through,
    count(distinct d.delivery_id) as deliveries, max(d.generation) as changed_in_generation,
    nullif(concat_ws('; ', string_agg(distinct n.note, '; '), array_to_string(s.told[:5], '; '),
        case when s.accounts > 5 then 'and ' || (s.accounts - 5) || ' accounts more' end), '') as notes,
    u.problem
from (
    select source, kind, delivery_id, generation from deliveries
    union all   -- never reached: nothing is held of it
    select source, split_part(source, ':', 1), null, null from unreachable
    where source not in (select source from deliveries)
) as d
left join reach as r using (source)
left join delivery_notes as n using (delivery_id)
left join unreachable as u using (source)
left join silence as s using (source)
group by d.source, d.kind, r.data_through, r.complete_through, r.settled_through, u.problem, s.told, s.accounts
