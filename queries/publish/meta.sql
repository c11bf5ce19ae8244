/*---
title = "Say which generation this is"
---*/
create or replace table catalogue.meta as
select $schema_version::integer as schema_version, $generation::bigint as generation,
    $published_at::timestamp as published_at, $finops_version::varchar as finops_version,
    $duckdb_version::varchar as duckdb_version, $inventory_key::varchar as inventory_key, $views_key::varchar as views_key,
    (select coalesce(sum(lines), 0)::bigint from catalogue.lines) as billed_lines,
    (select coalesce(sum(gross_usd), 0)::decimal(38, 12) from catalogue.lines) as checksum_usd
