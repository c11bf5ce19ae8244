/*---
title = "What is billed beside what is attributed, over all that is published: the same, or something is wrong"
---*/
select b.billed_usd, a.attributed_usd, a.attributed_usd - b.billed_usd as difference_usd
from (select coalesce(sum(gross_usd), 0) as billed_usd from billed_daily) as b,
    (select coalesce(sum(gross_usd), 0) as attributed_usd from attributed) as a
