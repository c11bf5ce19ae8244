/*---
title = "What kind of cost each of AWS's line types is"
doc = "Spend is usage, fees and what we do not know; tax, credits, refunds and discounts stand apart."
---*/
create or replace table catalogue.line_classes as
select line_type, cost_class, cost_class in ('usage', 'fee', 'unknown') as is_spend
from (
    select distinct line_type,
        case
            when line_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage') then 'usage'
            when line_type = 'Fee' then 'fee'
            when line_type = 'Tax' then 'tax'
            when line_type = 'Credit' then 'credit'
            when line_type = 'Refund' then 'refund'
            when line_type like '%Discount' or line_type = 'SavingsPlanNegation' then 'discount'
            else 'unknown'
        end as cost_class
    from catalogue.lines
)
