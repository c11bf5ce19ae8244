/*---
title = "Identities of shares that no line has any more"
---*/
delete from catalogue.identities
where split_of is not null and identity_id not in (select identity_id from catalogue.lines)
