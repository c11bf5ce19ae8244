/*---
title = "Write how the kinds are read"
doc = "$rows is a JSON list, one object a kind."
---*/
update catalogue.kinds
set provider = r.provider, model = r.model, family = r.family, tier = r.tier, token_kind = r.token_kind,
    service_tier = r.service_tier, scope = r.scope, charge = r.charge, tokens_per_unit = r.tokens_per_unit,
    disagreement = r.disagreement, unclassified = r.unclassified
from (
    select unnest(from_json($rows, '[{
        "kind_id": "uinteger",
        "provider": "varchar",
        "model": "varchar",
        "family": "varchar",
        "tier": "varchar",
        "token_kind": "varchar",
        "service_tier": "varchar",
        "scope": "varchar",
        "charge": "varchar",
        "tokens_per_unit": "bigint",
        "disagreement": "varchar",
        "unclassified": "varchar"
    }]'), max_depth := 2)
) as r
where kinds.kind_id = r.kind_id
