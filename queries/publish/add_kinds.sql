/*---
title = "Shapes not met before"
---*/
insert into catalogue.kinds by name
select (select coalesce(max(kind_id), 0) from catalogue.kinds) + row_number() over () as kind_id,
    provider as metadata_provider, model as metadata_model, * exclude (shape, provider, model)
from kinds_in
where shape_key not in (select shape_key from catalogue.kinds)
