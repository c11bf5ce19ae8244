/*---
title = "Development calls on production resources"
doc = "Lines whose caller bears a non-production mark while the resource is tagged production, over 30 days."
---*/
select sum(gross_usd)::decimal(38, 2) as usd, workload as subject,
    format('called by {} on a resource tagged {}', any_value(split_part(principal, '/', -1)), any_value(environment)) as text
from attributed
where day between $day - 29 and $day and cost_class = 'usage'
    and environment in (select unnest(production) from settings)
    and regexp_matches(split_part(principal, '/', -1), '(?i)(^|[-_.])(dev|test|staging|sandbox)($|[-_.])')
group by workload
order by usd desc
limit 2
