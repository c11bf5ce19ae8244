/*---
title = "The part of the configuration that views speak of"
---*/
create table settings (
    production varchar[] not null
)
