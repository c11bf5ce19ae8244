/*---
title = "The hour of that morning at which it is looked at"
---*/
set variable now = $now
