"""DuckDB in two steps: name the opaque Marketplace codes first, so that the scan reads one map, not two."""

from __future__ import annotations

import duckdb

from bench.engines import EDITION, NATIVE, arguments
from bench.engines.duckdb_sql import LEDGER, write

CODES = """
select distinct line_item_product_code
from read_parquet($files)
where bill_billing_entity = 'AWS Marketplace'
"""

NAME = """
select product['product_name']
from read_parquet($files)
where line_item_product_code = $code
limit 1
"""


TWO_STEP = LEDGER.format(
    product_name="map($codes, $names)[line_item_product_code]",
    bedrock="line_item_product_code in $codes",
)


def main() -> None:
    files, out = arguments()
    con = duckdb.connect()
    names = dict.fromkeys(NATIVE, "Amazon Bedrock")
    for (code,) in con.execute(CODES, {"files": files}).fetchall():
        ((name,),) = con.execute(NAME, {"files": files, "code": code}).fetchall()
        if EDITION in name:
            names[code] = name
    con.execute(TWO_STEP, {"files": files, "codes": list(names), "names": list(names.values())})
    write(con, out)


if __name__ == "__main__":
    main()
