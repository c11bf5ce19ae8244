/*---
title = "The morning that is looked at"
---*/
set variable morning = $morning
