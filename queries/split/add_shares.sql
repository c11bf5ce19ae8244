/*---
title = "Each line as its shares, or whole where nobody shares it"
doc = "The shares of a line sum to it exactly."
---*/
insert into catalogue.lines by name
with parted as (
    select *,
        in_parts(amount, whole) as amounts, in_parts(gross_usd, whole) as gross, in_parts(net_usd, whole) as net,
        in_parts(list_usd, whole) as list
    from split_lines
    left join (select distinct group_id, whole from share_spans) using (group_id)
)

select l.delivery_id, l.billing_period, l.hour, l.payer_account_id, l.account_id, l.region, l.kind_id,
    coalesce(i.identity_id, l.line_identity_id) as identity_id, l.line_type, l.invoiced, l.currency,
    if(coalesce(s.since, 0) = 0, l.lines, 0) as lines,
    if(s.since > 0, coalesce(apportion(amounts, 0, s.since, s.whole), 0), 0) as amount_before,
    if(s.group_id is null, l.amount, apportion(amounts, s.since, s.upto, s.whole)) as amount,
    if(s.group_id is null, l.gross_usd, apportion(gross, s.since, s.upto, s.whole)) as gross_usd,
    if(s.group_id is null, l.net_usd, apportion(net, s.since, s.upto, s.whole)) as net_usd,
    if(s.group_id is null, l.list_usd, apportion(list, s.since, s.upto, s.whole)) as list_usd
from parted as l
left join share_spans as s using (group_id)
left join catalogue.identities as i on i.split_of = l.line_identity_id and i.taker = s.taker
order by l.billing_period, identity_id, l.hour
