/*---
title = "The Data Export that finops reads best"
doc = "AWS's own dialect of Data Exports: columns, one key of a map as `map.key AS name`, comparisons joined by AND and OR, no functions. Amazon's product name of a Marketplace line stands in a map, which WHERE cannot look into, so every Marketplace line is kept."
---*/
SELECT
    bill_billing_entity, bill_billing_period_start_date, bill_invoice_id, bill_payer_account_id,
    line_item_currency_code, line_item_iam_principal, line_item_line_item_description, line_item_line_item_type,
    line_item_net_unblended_cost, line_item_operation, line_item_product_code, line_item_resource_id,
    line_item_unblended_cost, line_item_usage_account_id, line_item_usage_account_name, line_item_usage_amount,
    line_item_usage_start_date, line_item_usage_type, pricing_public_on_demand_cost, pricing_unit,
    product_product_family, product_region_code, product_servicecode,
    product.product_name AS product_product_name, product.provider AS product_provider,
    product.model AS product_model, product.inference_type AS product_inference_type,
    product.feature AS product_feature,
    resource_tags, tags, cost_category
FROM COST_AND_USAGE_REPORT
WHERE line_item_product_code = 'AmazonBedrock'
    OR line_item_product_code = 'AmazonBedrockService'
    OR line_item_product_code = 'AmazonBedrockFoundationModels'
    OR line_item_product_code = 'AmazonBedrockAgentCore'
    OR bill_billing_entity = 'AWS Marketplace'
