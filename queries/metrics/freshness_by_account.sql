/*---
title = "How far each account and region has answered"
grain = "source x account, region, subject"
doc = "Of sources that ask AWS by account and region; those that the newest questions went to."
[columns]
source = "kind and path of the source"
kind = "of the source"
subject = "what was asked: a CloudWatch namespace, or a call of AWS"
status = "of the newest question: complete, partial, refused, failed, or absent (the service is not in that region)"
data_through = "end of what was answered completely, UTC; NULL where nothing ever was"
asked_since = "the first day or snapshot that it was asked for"
detail = "AWS's words, or what is missing"
---*/
with answer as (
    select d.source, d.kind, d.partition, c.account_id, c.region, c.subject, c.status, c.collected_through, c.detail
    from collections as c
    join deliveries as d using (delivery_id)
),

newest as (
    select source, max(partition) as partition from answer group by source
),

history as (
    select source, account_id, region, subject, max(collected_through) as data_through, min(partition) as asked_since
    from answer
    group by all
)

select a.source, a.kind, a.account_id, a.region, a.subject, a.status, h.data_through, h.asked_since, a.detail
from answer as a
join newest using (source, partition)
join history as h using (source, account_id, region, subject)
