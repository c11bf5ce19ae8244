/*---
title = "Price book to prices"
doc = "Adds $rows, a JSON list of prices in USD per one million tokens, to `prices`. Prices come as text, so that none is rounded on the way."
---*/
insert into prices by name
select unnest(from_json($rows, '[{
    "model": "varchar",
    "model_id": "varchar",
    "token_kind": "varchar",
    "service_tier": "varchar",
    "scope": "varchar",
    "usd_per_1m_tokens": "decimal(18, 9)",
    "as_of": "varchar",
    "origin": "varchar"
}]'), max_depth := 2)
