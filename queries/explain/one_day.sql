/*---
title = "Only this day is asked for: the views that explain read what it needs and no more"
---*/
set variable explained_day = $day
