"""`python -m bench.reading BILL`: finops' start-up, and reading the columns of a bill, with nothing made of them.

By the libraries that `finops sync` reads with, in the same bounded memory: Arrow tells which lines are Bedrock's and
decodes the map of their tags, DuckDB takes the other columns of those lines into a table. What `finops sync` costs
beyond this is the work itself.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import finops.cli  # noqa: F401 (what `finops --version` imports)
from bench.engines import NATIVE
from finops.pipeline import MEMORY_MIB
from finops.sources.cur.arrow import LINES, WORKERS
from finops.sources.cur.cur import SETTINGS
from finops.sources.cur.spelling import COLUMNS

CODE, TAGS = "line_item_product_code", "tags"
TEXTS = [CODE, f"{TAGS}.key_value.key", f"{TAGS}.key_value.value"]
SCALARS = """
create temp table lines as
select {columns}
from read_parquet($files, union_by_name = true, filename = true, file_row_number = true)
where coalesce({code} in $codes, false)
"""


def main() -> None:
    files = sorted(map(str, Path(sys.argv[1]).rglob("*.parquet")))
    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(decode, files))
    with duckdb.connect(config={"memory_limit": f"{2 * MEMORY_MIB}MiB"}) as con:
        for setting in SETTINGS:
            con.execute(setting)
        columns = ", ".join(spellings[0] for spellings in COLUMNS.values())
        con.execute(SCALARS.format(columns=columns, code=CODE), {"files": files, "codes": NATIVE})


def decode(file: str) -> int:
    """The number of lines of AWS's own codes; a Marketplace code would cost the same."""
    codes = pa.array(NATIVE)
    found = 0
    with pq.ParquetFile(file, read_dictionary=TEXTS) as opened:
        for group in range(opened.num_row_groups):
            for batch in opened.iter_batches(
                LINES, row_groups=[group], columns=[CODE, TAGS], use_threads=False
            ):
                code = batch.column(CODE)
                found += len(pc.indices_nonzero(pc.is_in(code.dictionary, codes).take(code.indices)))
    return found


if __name__ == "__main__":
    main()
