/*---
title = "The expectation, computed once for all rules of one check"
doc = "A temporary table stands before the view of the same name; it holds the same rows."
---*/
create temp table if not exists expected_daily as
from expected_daily
