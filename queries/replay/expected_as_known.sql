/*---
title = "expected_daily as it was on the morning that is set"
---*/
create or replace temp view expected_daily as
from expected_now
union all
select * from expected_settled where day < getvariable('morning') - 5
