/*---
title = "expected_daily as it was on the morning that is set"
---*/
create or replace temp view expected_daily as
select * exclude (morning) from expected_known where morning = getvariable('morning')
union all
select * from expected_settled where day < getvariable('morning') - 3
