/*---
title = "The product codes that were read"
---*/
select distinct product_code
from shapes
order by product_code
