/*---
title = "Whom to ask: the team, or whoever owns what has none"
---*/
create or replace macro owner_of(team, owned) as
    case when coalesce(team, '(untagged)') = '(untagged)' then 'whoever owns ' || owned else 'team ' || team end
