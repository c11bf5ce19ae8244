/*---
title = "Who called: the role where it is a session of one"
doc = "The one folding of principals, so that a call in the log and a line of the bill name the same caller."
---*/
create or replace temp macro role_of(principal) as
    regexp_replace(nullif(principal, ''),
        '^arn:(aws[\w-]*):sts::(\d+):assumed-role/([^/]+)/.*$', 'arn:\1:iam::\2:role/\3')
