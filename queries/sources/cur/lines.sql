/*---
title = "Bedrock lines of one delivery, typed, with their tags, and added up where they differ in nothing but amounts"
doc = "Money is decimal from here on, an assumed-role session is folded to its role, empty text is NULL."
---*/
create or replace temp table cur_lines as
with typed as (
    select
        line,
        coalesce(strftime(period_start::timestamp, '%Y-%m'), strftime(usage_start::timestamp, '%Y-%m')) as billing_period,
        date_trunc('hour', usage_start::timestamp) as hour,
        coalesce(nullif(payer_account_id, ''), '(unknown)') as payer_account_id,
        coalesce(nullif(account_id, ''), '(unknown)') as account_id,
        nullif(account_name, '') as account_name,
        nullif(region, '') as region,
        product_code,
        nullif(billing_entity, '') as billing_entity,
        nullif(usage_type, '') as usage_type,
        nullif(operation, '') as operation,
        nullif(unit, '') as unit,
        nullif(description, '') as description,
        nullif(product_family, '') as product_family,
        nullif(product_name, '') as product_name,
        nullif(provider, '') as provider,
        nullif(model, '') as model,
        nullif(inference_type, '') as inference_type,
        nullif(feature, '') as feature,
        nullif(regexp_extract(
            resource_id, ':(?:foundation-model|inference-profile)/(.+)$', 1), '') as resource_model,
        nullif(resource_id, '') as resource_id,
        role_of(principal) as principal,
        coalesce(nullif(line_type, ''), '(none)') as line_type,
        nullif(invoice_id, '') is not null as invoiced,
        coalesce(nullif(currency, ''), 'USD') as currency,
        nullif(amount::varchar, '')::decimal(38, 12) as amount,
        coalesce(nullif(gross::varchar, ''), '0')::decimal(24, 12) as gross_usd,
        coalesce(nullif(net::varchar, ''), nullif(gross::varchar, ''), '0')::decimal(24, 12) as net_usd,
        nullif(list::varchar, '')::decimal(24, 12) as list_usd
    from cur_file
    where coalesce(product_code in $codes, false)   -- an expression is pushed into the scan, a list of values is only a hint
        and line is not null                        -- always so; a filter on top gathers the few lines that each block keeps
)

select * exclude (line, amount, gross_usd, net_usd, list_usd), tag_key,
    count(*) as lines,
    sum(amount) as amount,
    sum(gross_usd) as gross_usd,
    sum(net_usd) as net_usd,
    count(nullif(list_usd, 0)) as listed,
    sum(list_usd) as list_usd
from typed
join cur_tag_keys using (line, gross_usd)
group by all
