/*---
title = "Account names of this delivery"
---*/
insert into accounts by name
select account_id, max(account_name) as account_name
from athena_lines
group by account_id
