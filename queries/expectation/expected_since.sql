/*---
title = "The first day whose expectation is kept"
---*/
set variable expected_since = $since
