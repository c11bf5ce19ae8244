/*---
title = "The dearest of some models, and how many more there are"
---*/
create or replace macro models_of(dearest, models) as
    coalesce(dearest, 'not a model') || case when models > 1 then format(' and {} more', models - 1) else '' end
