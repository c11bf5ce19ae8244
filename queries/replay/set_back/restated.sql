/*---
title = "The restatements, likewise"
---*/
create or replace temp view restated as
from published.restated where seen_at < getvariable('now')
