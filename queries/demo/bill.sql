/*---
title = "CUR 2.0 export of one billing period"
doc = "Column names and types are AWS's (Data Exports, COST_AND_USAGE_REPORT); costs are DOUBLE and rates are text, as there. Marketplace lines have no public price, and net cost only where AWS itself sells. The rows stand in the order of `lines`."
---*/
copy (
    select
        'Anniversary' as bill_bill_type,
        bill_billing_entity,
        cast($end as timestamp) as bill_billing_period_end_date,
        cast($start as timestamp) as bill_billing_period_start_date,
        cast($invoice as varchar) as bill_invoice_id,
        if(bill_billing_entity = 'AWS', 'Amazon Web Services, Inc.', 'Anthropic, PBC') as bill_invoicing_entity,
        $payer as bill_payer_account_id,
        'acme-billing' as bill_payer_account_name,
        cast(map {} as map(varchar, varchar)) as cost_category,
        cast(map {} as map(varchar, double)) as discount,
        cast(null as double) as discount_total_discount,
        substr(
            sha256(concat_ws('/', flow, measure, hour)), 1, 52
        ) as identity_line_item_id,
        strftime(hour, '%Y-%m-%dT%H:%M:%SZ') || '/'
            || strftime(hour + interval 1 hour, '%Y-%m-%dT%H:%M:%SZ') as identity_time_interval,
        cast(cost as double) as line_item_blended_cost,
        'USD' as line_item_currency_code,
        line_item_iam_principal,
        'Amazon Web Services, Inc.' as line_item_legal_entity,
        line_item_line_item_description,
        line_item_line_item_type,
        if(bill_billing_entity = 'AWS', cast(cost as double), null) as line_item_net_unblended_cost,
        line_item_operation,
        line_item_product_code,
        line_item_resource_id,
        cast(cost as double) as line_item_unblended_cost,
        cast(usd as varchar) as line_item_unblended_rate,
        line_item_usage_account_id,
        line_item_usage_account_name,
        quantity / per_unit as line_item_usage_amount,
        hour + interval 1 hour as line_item_usage_end_date,
        hour as line_item_usage_start_date,
        line_item_usage_type,
        'USD' as pricing_currency,
        if(bill_billing_entity = 'AWS', cast(cost as double), 0.0) as pricing_public_on_demand_cost,
        if(bill_billing_entity = 'AWS', cast(usd as varchar), '') as pricing_public_on_demand_rate,
        'OnDemand' as pricing_term,
        pricing_unit,
        map_concat(product, map {'region': product_region_code}) as product,
        cast(null as varchar) as product_pricing_unit,
        product_product_family,
        product_region_code,
        product_servicecode,
        line_item_usage_type as product_usagetype,
        resource_tags,
        tags
    from lines
    join meters using (flow, measure)
    where hour >= $start and hour < $end
) to $file (format parquet, compression snappy)
