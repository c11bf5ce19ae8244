/*---
title = "One thread"
doc = "Many small statements are mostly planning, in which more threads only wait for each other: the same answer for less of the machine."
---*/
set threads = 1
