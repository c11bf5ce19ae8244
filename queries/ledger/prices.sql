/*---
title = "Price book"
doc = "USD per one million tokens, list price, by model, token kind, service tier and scope, with the date it was read. A user's own rows win over the shipped ones."
---*/
create temp table prices (
    model varchar not null,          -- display name as classification gives it
    model_id varchar not null,
    token_kind varchar not null,
    service_tier varchar not null,
    scope varchar not null,          -- region (in-region and geo), global
    usd_per_1m_tokens decimal(18, 9) not null,
    as_of varchar not null,
    origin varchar not null          -- shipped, or the user's file
)
