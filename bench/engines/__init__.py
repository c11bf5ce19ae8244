"""Hand-written peers of `finops sync`: the same bill, the same ledger, the fewest lines and CPU each engine allows.

Each is a process of its own, `python -m bench.engines.NAME BILL OUT`. BILL holds CUR 2.0 Parquet; OUT receives
- `ledger.parquet`: hour x account x region x usage type x resource x principal x tags x line type, and
- `daily.parquet`: DAILY, with `usd` and `tokens`, which the driver compares with the generator's truth.
"""

from __future__ import annotations

import sys
from pathlib import Path

NATIVE = ["AmazonBedrock", "AmazonBedrockService", "AmazonBedrockFoundationModels", "AmazonBedrockAgentCore"]
EDITION = "(Amazon Bedrock Edition)"
DAILY = (
    "day", "account_id", "workload", "team", "environment", "cost_center", "model", "kind", "line_type",
)  # fmt: skip


def arguments() -> tuple[str, Path]:
    """The data files of the bill, as a glob, and the directory to write to."""
    bill, out = sys.argv[1:]
    return f"{bill}/**/*.parquet", Path(out)
