/*---
title = "Write how one kind is read"
---*/
update catalogue.kinds
set provider = ?, model = ?, family = ?, tier = ?, token_kind = ?, service_tier = ?, scope = ?, charge = ?,
    tokens_per_unit = ?, disagreement = ?, unclassified = ?
where kind_id = ?
