"""ClickHouse's engine in process: Marketplace codes named first, then one scan with one map."""

from __future__ import annotations

from chdb import session

from bench.engines import DAILY, EDITION, NATIVE, arguments

CODES = """
select distinct line_item_product_code, product['product_name']
from file('{files}', Parquet)
where bill_billing_entity = 'AWS Marketplace' and position(product['product_name'], '{edition}') > 0
"""

LEDGER = """
create table ledger engine = Memory as
select
    toStartOfHour(line_item_usage_start_date) as hour,
    line_item_usage_account_id as account_id,
    product_region_code as region,
    line_item_usage_type as usage_type,
    line_item_resource_id as resource_id,
    line_item_iam_principal as principal,
    ifNull(nullIf(resource_tags['user_workload'], ''), 'untagged') as workload,
    ifNull(nullIf(resource_tags['user_team'], ''), 'untagged') as team,
    ifNull(nullIf(resource_tags['user_environment'], ''), 'untagged') as environment,
    ifNull(nullIf(resource_tags['user_cost_center'], ''), 'untagged') as cost_center,
    line_item_product_code as product_code,
    pricing_unit as unit,
    line_item_line_item_type as line_type,
    line_item_currency_code as currency,
    count() as lines,
    sum(line_item_usage_amount) as amount,
    sum(line_item_unblended_cost) as gross_usd,
    sum(line_item_net_unblended_cost) as net_usd,
    sum(pricing_public_on_demand_cost) as list_usd
from file('{files}', Parquet)
where line_item_product_code in ({codes})
group by all
"""

DAY = """
create table daily engine = Memory as
select
    toDate(hour) as day, account_id, workload, team, environment, cost_center,
    transform(product_code, [{opaque}], [{names}],
        extract(assumeNotNull(usage_type), '^[A-Z0-9]+-(.+?)-(?:input|output|cache)')) as model,
    multiIf(
        line_type <> 'Usage', 'other',
        match(usage_type, '(?i)cache-?read'), 'cache_read',
        match(usage_type, '(?i)cache-?write'), 'cache_write',
        match(usage_type, '(?i)input-?token'), 'input',
        match(usage_type, '(?i)output-?token'), 'output',
        'other') as kind,
    line_type,
    sum(gross_usd) as usd,
    sum(if(kind = 'other', 0, amount * if(unit = '1K tokens', 1e3, 1e6))) as tokens
from ledger
group by all
"""


def quoted(values: list[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def main() -> None:
    files, out = arguments()
    con = session.Session()
    con.query("create database bench; use bench")
    found = con.query(CODES.format(files=files, edition=EDITION), "TSV").data().splitlines()
    names = dict(line.split("\t") for line in found)
    con.query(LEDGER.format(files=files, codes=quoted([*NATIVE, *names])))
    models = [name.replace(f" {EDITION}", "") for name in names.values()]
    con.query(DAY.format(opaque=quoted(list(names)), names=quoted(models)))
    for table, order in (("ledger", "hour"), ("daily", ", ".join(DAILY))):
        con.query(
            f"select * from {table} order by {order} into outfile '{out}/{table}.parquet' format Parquet "
            "settings output_format_parquet_compression_method = 'zstd', output_format_parquet_string_as_string = 1"
        )


if __name__ == "__main__":
    main()
