/*---
title = "Price book"
---*/
create table book_prices (
    delivery_id uinteger not null,
    model varchar not null,
    model_id varchar not null,
    token_kind varchar not null,
    service_tier varchar not null,
    scope varchar not null,
    usd_per_1m_tokens decimal(18, 9) not null,
    as_of varchar not null,
    origin varchar not null
)
