/*---
title = "expected_daily as it was on the morning that is set, of the days that our own rules judge"
---*/
create or replace temp view expected_daily as
from expected_now
