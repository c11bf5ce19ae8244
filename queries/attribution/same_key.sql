/*---
title = "One spelling for tag keys that differ only in case, separators or AWS's own prefix"
---*/
create or replace temp macro same_key(name) as
    lower(regexp_replace(regexp_replace(name, '^user[:_]', ''), '[^\p{L}\p{N}]', '', 'g'))
