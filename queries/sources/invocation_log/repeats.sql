/*---
title = "Forget records of requests that are counted already"
doc = "AWS delivers a record at least once, and a copied file delivers all of its records again."
---*/
delete from log_records
where rowid in (
    select unnest(list_sort(list(rowid))[2:])
    from log_records
    where fault is null
        and request in (select request from log_records where fault is null group by request having count(*) > 1)
    group by request
    union all
    select r.rowid
    from log_records as r
    semi join log_seen using (hour, request)
    where r.fault is null
)
