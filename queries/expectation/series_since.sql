/*---
title = "The first day that is held of the series"
---*/
set variable series_since = $since
