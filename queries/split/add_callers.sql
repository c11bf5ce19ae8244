/*---
title = "Callers with their identity, and the model in the words of the bill"
---*/
insert into catalogue.callers by name
with billed_ids as (   -- a model that nobody listed is at least what the bill calls it
    select resource_model as model_id, any_value(model) as model
    from catalogue.kinds
    where resource_model is not null and model is not null
    group by resource_model
)

select c.day, c.account_id, c.region, c.model_id, c.principal, c.metadata, i.identity_id,
    coalesce(m.model, r.model, b.model) as model, c.called,
    c.model_id like '%:application-inference-profile/%' or c.model_id not like 'arn:%' as is_profile,
    c.input_tokens, c.output_tokens, c.cache_read_tokens, c.cache_write_tokens
from callers_in as c
join catalogue.tag_sets as t on t.tag_key = md5(c.tags::varchar)
join catalogue.identities as i
    on i.identity_key = md5(row(c.account_id, c.resource_id, c.principal, t.tag_set_id, c.resource_since)::varchar)
left join catalogue.model_ids as m on m.model_id = c.model_id
left join catalogue.model_ids as r on r.model_id = c.runs
left join billed_ids as b on b.model_id = regexp_extract(c.model_id, '[^/]+$')
