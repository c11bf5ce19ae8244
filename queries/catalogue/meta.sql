/*---
title = "Which generation this is"
doc = "One row: every page and message can say which generation it speaks from. `checksum_usd` is the sum of all billed lines."
---*/
create table meta (
    schema_version integer not null,
    generation bigint not null,
    published_at timestamp not null,
    finops_version varchar not null,
    duckdb_version varchar not null,
    inventory_key varchar not null,
    views_key varchar not null,
    billed_lines bigint not null,
    checksum_usd decimal(38, 12) not null
)
