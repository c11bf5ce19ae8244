/*---
title = "A count of tokens that can be one: not negative, and below what any call could take"
---*/
create or replace temp macro token_count(tokens) as
    case when tokens between 0 and 1_000_000_000 then tokens end
