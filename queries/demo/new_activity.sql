/*---
title = "Activity"
doc = "What the demo company did: `quantity` of one measure (calls, a token kind, business units ...) of one flow in one hour, and the calls behind it."
---*/
create or replace temp table activity (
    flow integer not null,
    hour timestamp not null,
    measure varchar not null,
    quantity bigint not null,
    samples bigint not null
)
