/*---
title = "Two files of one delivery that tell the same lines"
doc = "A copy, or an older and a newer version: more than half of what one says is in the other, to the last decimal. Only files whose names do not make them parts are asked."
---*/
with told as (
    select distinct file, hash(usage_start, account_id, usage_type, operation, description, line_type, resource_id,
        principal, region, invoice_id, amount, gross, net) as line
    from cur_file
    where product_code in $codes
),

sizes as (
    select file, count(*) as lines from told group by file
)

select one.file, other.file, count(*) as same
from told as one
join told as other on one.line = other.line and one.file < other.file
join sizes as s on s.file = one.file
join sizes as o on o.file = other.file
group by one.file, other.file
having count(*) > 0.5 * min(least(s.lines, o.lines))
order by all
