/*---
title = "Every kind as it describes itself, columns in the order of Shape"
---*/
select kind_id, product_code, billing_entity, usage_type, operation, unit, description, product_family, product_name,
    metadata_provider, metadata_model, inference_type, feature, resource_model
from catalogue.kinds
