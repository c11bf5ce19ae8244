"""Plain DuckDB: one scan, both maps, one SELECT. What most people would write first."""

from __future__ import annotations

from pathlib import Path

import duckdb

from bench.engines import DAILY, EDITION, NATIVE, arguments

LEDGER = """
create temp table ledger as
select
    date_trunc('hour', line_item_usage_start_date) as hour,
    line_item_usage_account_id as account_id,
    product_region_code as region,
    line_item_usage_type as usage_type,
    line_item_resource_id as resource_id,
    line_item_iam_principal as principal,
    coalesce(resource_tags['user_workload'], 'untagged') as workload,
    coalesce(resource_tags['user_team'], 'untagged') as team,
    coalesce(resource_tags['user_environment'], 'untagged') as environment,
    coalesce(resource_tags['user_cost_center'], 'untagged') as cost_center,
    {product_name} as product_name,
    pricing_unit as unit,
    line_item_line_item_type as line_type,
    line_item_currency_code as currency,
    count(*) as lines,
    sum(line_item_usage_amount) as amount,
    sum(line_item_unblended_cost) as gross_usd,
    sum(line_item_net_unblended_cost) as net_usd,
    sum(pricing_public_on_demand_cost) as list_usd
from read_parquet($files)
where {bedrock}
group by all
"""

DAY = """
create temp table daily as
select
    hour::date as day, account_id, workload, team, environment, cost_center,
    if(product_name = 'Amazon Bedrock',
        regexp_extract(usage_type, '^[A-Z0-9]+-(.+?)-(?:input|output|cache)', 1),
        replace(product_name, ' (Amazon Bedrock Edition)', '')) as model,
    kind, line_type,
    sum(gross_usd) as usd,
    sum(if(kind = 'other', 0, amount * if(unit = '1K tokens', 1e3, 1e6))) as tokens
from (
    select *, case
        when line_type <> 'Usage' then 'other'
        when regexp_matches(usage_type, '(?i)cache-?read') then 'cache_read'
        when regexp_matches(usage_type, '(?i)cache-?write') then 'cache_write'
        when regexp_matches(usage_type, '(?i)input-?token') then 'input'
        when regexp_matches(usage_type, '(?i)output-?token') then 'output'
        else 'other'
    end as kind
    from ledger
)
group by all
"""

STRAIGHT = LEDGER.format(
    product_name="product['product_name']",
    bedrock="""line_item_product_code in $native
    or (bill_billing_entity = 'AWS Marketplace' and contains(product['product_name'], $edition))""",
)


def write(con: duckdb.DuckDBPyConnection, out: Path) -> None:
    con.execute(DAY)
    con.table("ledger").order("hour").write_parquet(f"{out}/ledger.parquet", compression="zstd")
    con.table("daily").order(", ".join(DAILY)).write_parquet(f"{out}/daily.parquet", compression="zstd")


def main() -> None:
    files, out = arguments()
    con = duckdb.connect()
    con.execute(STRAIGHT, {"files": files, "native": NATIVE, "edition": EDITION})
    write(con, out)


if __name__ == "__main__":
    main()
