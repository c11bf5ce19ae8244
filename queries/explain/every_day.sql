/*---
title = "Any day may be asked for again"
---*/
reset variable explained_day
