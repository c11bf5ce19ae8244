/*---
title = "The first value of one file that the ledger cannot hold"
doc = "Asked once a file could not be read. Rows count from 1, a CSV's header not among them. Before $codes are known, maps are all that was cast."
---*/
select row, cell.name, cell.value
from (
    select row, product_code in $codes as is_read, unnest([
        {'name': 'period_start', 'value': period_start::varchar, 'wrong': period_start is not null and try_cast(period_start as timestamp) is null},
        {'name': 'usage_start', 'value': usage_start::varchar, 'wrong': try_cast(usage_start as timestamp) is null},
        {'name': 'amount', 'value': amount::varchar, 'wrong': amount::varchar <> '' and try_cast(amount::varchar as decimal(38, 12)) is null},
        {'name': 'gross', 'value': gross::varchar, 'wrong': gross::varchar <> '' and try_cast(gross::varchar as decimal(24, 12)) is null},
        {'name': 'net', 'value': net::varchar, 'wrong': net::varchar <> '' and try_cast(net::varchar as decimal(24, 12)) is null},
        {'name': 'list', 'value': list::varchar, 'wrong': list::varchar <> '' and try_cast(list::varchar as decimal(24, 12)) is null},
        {'name': 'product', 'value': product, 'wrong': product <> '' and try_cast(try_cast(product as json) as map(varchar, varchar)) is null},
        {'name': 'resource_tags', 'value': resource_tags, 'wrong': resource_tags <> '' and try_cast(try_cast(resource_tags as json) as map(varchar, varchar)) is null},
        {'name': 'tags', 'value': tags, 'wrong': tags <> '' and try_cast(try_cast(tags as json) as map(varchar, varchar)) is null},
        {'name': 'cost_category', 'value': cost_category, 'wrong': cost_category <> '' and try_cast(try_cast(cost_category as json) as map(varchar, varchar)) is null}
    ]) as cell
    from (select row_number() over () as row, * from cur_cells)
)
where cell.wrong
    and (is_read or (len($codes) = 0 and cell.name in ('product', 'resource_tags', 'tags', 'cost_category')))
order by row
limit 1
