/*---
title = "Bedrock lines of one billing period, at the ledger's grain"
doc = "Runs in Athena. `cur` is the table's part in our names (finops/sources/athena/dialect.py). A product code is Bedrock's when any of its lines says so; then all its lines are, taxes and credits too. Money is decimal from its first cast on."
---*/
select billing_period, hour, payer_account_id, account_id, region, product_code, billing_entity, usage_type, operation,
    unit, description, product_family, product_name, provider, model, inference_type, feature, resource_model,
    resource_id, principal, line_type, invoiced, currency, tags,
    max(account_name) as account_name,
    count(*) as lines,
    sum(amount) as amount,
    sum(gross_usd) as gross_usd,
    sum(net_usd) as net_usd,
    case when count(nullif(list_usd, 0)) = count(*) then sum(list_usd) end as list_usd
from (
    select
        coalesce(date_format(period_start, '%Y-%m'), date_format(usage_start, '%Y-%m')) as billing_period,
        date_trunc('hour', usage_start) as hour,
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
        regexp_extract(resource_id, ':(?:foundation-model|inference-profile)/(.+)$', 1) as resource_model,
        nullif(resource_id, '') as resource_id,
        regexp_replace(nullif(principal, ''),
            '^arn:(aws[\w-]*):sts::(\d+):assumed-role/([^/]+)/.*$', 'arn:$1:iam::$2:role/$3') as principal,
        coalesce(nullif(line_type, ''), '(none)') as line_type,
        nullif(invoice_id, '') is not null as invoiced,
        coalesce(nullif(currency, ''), 'USD') as currency,
        map_filter(
            map_concat(
                transform_keys(
                    coalesce(resource_tags, cast(map() as map(varchar, varchar))), (k, v) -> 'resourceTags/' || k),
                coalesce(tags, cast(map() as map(varchar, varchar))),   -- where both have a key, `tags` is right
                transform_keys(
                    coalesce(cost_category, cast(map() as map(varchar, varchar))), (k, v) -> 'costCategory/' || k)
            ),
            (k, v) -> v <> ''
        ) as tags,
        cast(nullif(amount, '') as decimal(38, 12)) as amount,
        cast(coalesce(nullif(gross, ''), '0') as decimal(24, 12)) as gross_usd,
        cast(coalesce(nullif(net, ''), nullif(gross, ''), '0') as decimal(24, 12)) as net_usd,
        cast(nullif(list, '') as decimal(24, 12)) as list_usd
    from cur
    where product_code in (
        select product_code
        from cur
        where product_code in (
                'AmazonBedrock', 'AmazonBedrockService', 'AmazonBedrockFoundationModels', 'AmazonBedrockAgentCore')
            or product_family = 'Amazon Bedrock'
            or service_code in (
                'AmazonBedrock', 'AmazonBedrockService', 'AmazonBedrockFoundationModels', 'AmazonBedrockAgentCore')
            or (billing_entity = 'AWS Marketplace' and (product_name like '%(Amazon Bedrock Edition)%'
                or coalesce(product_name, '') = '' and regexp_like(resource_id, '^arn:[^:]*:bedrock:')))
    )
)
group by billing_period, hour, payer_account_id, account_id, region, product_code, billing_entity, usage_type,
    operation, unit, description, product_family, product_name, provider, model, inference_type, feature,
    resource_model, resource_id, principal, line_type, invoiced, currency, tags
