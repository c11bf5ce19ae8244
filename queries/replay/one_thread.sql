/*---
title = "One thread"
doc = "Thousands of small statements are mostly planning, in which more threads only wait for each other."
---*/
set threads = 1
