/*---
title = "Resources of the lines that the catalogue holds: as published, before a change; as they are, after it"
---*/
create or replace temp table billed_resources as
select distinct resource_id
from catalogue.identities
where identity_id in (select identity_id from catalogue.lines) and resource_id is not null
