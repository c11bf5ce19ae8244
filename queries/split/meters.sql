/*---
title = "By which count of the log the lines of a kind can be split"
doc = "`other` is what no log counts: batch jobs, mantle, images and audio, a unit that is not understood. A provisioned throughput is split by `all` tokens together."
---*/
create or replace temp table meters as
select kind_id, model, family, tier, tokens_per_unit,
    case
        when charge = 'provisioned' then 'all'
        when usage_type like '%-mantle-%' or service_tier = 'batch' or tokens_per_unit is null then 'other'
        when token_kind in ('input', 'output', 'cache_read') then token_kind
        when token_kind like 'cache\_write%' escape '\' then 'cache_write'
        else 'other'
    end as meter
from catalogue.kinds
where charge in ('inference', 'provisioned')
