/*---
title = "Where the published tables stand"
---*/
select current_database()
