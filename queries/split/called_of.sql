/*---
title = "What was called, where the bill meters it apart: an application profile, a provisioned model; '' for a model by its id"
doc = "The same of a line's resource and of a call's model id. A system profile is the model by its id: its lines are those of the model."
---*/
create or replace temp macro called_of(name) as case
    when name is null or regexp_matches(name, '^arn:.*:(foundation-model|inference-profile)/') then ''
    when name like 'arn:%' or strpos(name, '.') = 0 then resource_tail(name)
    else ''
end
