/*---
title = "The expectation of the last days, as it was on the morning that is set"
---*/
create or replace temp table expected_now as
select * exclude (morning) from expected_known where morning = $morning
union all
select * from expected_held where day between $morning - 5 and $morning - 4
