"""Every statement for Athena runs on Trino as it ships, and has columns of types that the ledger can hold."""

from __future__ import annotations

import re
from pathlib import Path

import bill
import boto3
import estate
import pytest
from trino_client import TrinoError
from trino_engine import TrinoEngine

from finops import sqlfile
from finops.sources.athena import dialect
from finops.sources.athena.dialect import Table

TABLE = Table(database=estate.DATABASE, name=estate.TABLE, columns=estate.CUR2, partitions=estate.BY_PERIOD)
CUR = dialect.lines(TABLE, "2026-10", cost_categories=True)
NAMED = {
    "schema_type": "ModelInvocationLog",
    "account_id": "111122223333",
    "region": "us-east-1",
    "request": "1",
}
NAMED |= {
    "operation": "Converse",
    "model_id": "a.b",
    "service_tier": "",
    "error": "",
    "caller": "me",
    "latency": "",
}
RECORDS = f"""
select {", ".join(f"cast('{value}' as varchar) as {name}" for name, value in NAMED.items())},
    bigint '25' as input_tokens, bigint '0' as cache_read_tokens, bigint '0' as cache_write_tokens,
    bigint '150' as output_tokens, timestamp '2026-11-19 12:00:00.000' as called_at,
    map(array['workload'], array['chat']) as metadata
"""
RELATIONS = {  # of each statement
    "usage": {"cur": CUR},
    "control": {"cur": CUR, "codes": dialect.values("code", ["AmazonBedrock", "it's"])},
    "status": {"status_table": "select 'READY' as status"},
    "calls": {"records": RECORDS},
}
TYPES = {
    "usage": {
        "hour": "timestamp",
        "invoiced": "boolean",
        "tags": "map(varchar, varchar)",
        "lines": "bigint",
    }
    | dict.fromkeys(("amount", "gross_usd", "net_usd", "list_usd"), "decimal(38, 12)"),
    "control": {
        "last_hour": "timestamp",
        "lines_of_all_services": "bigint",
        "lines": "bigint",
        "gross_usd": "decimal(38, 12)",
    },
    "status": {},
    "calls": {
        "hour": "timestamp",
        "input_sizes": "map(integer, bigint)",
        "output_sizes": "map(integer, bigint)",
    }
    | dict.fromkeys(
        (
            "calls",
            "counted",
            "sessions",
            "max_calls_per_session",
            "input_tokens",
            "output_tokens",
            "cache_read_tokens",
            "cache_write_tokens",
            "max_input_tokens",
            "max_output_tokens",
        ),
        "bigint",
    ),
}
FILES = sorted(path.stem for path in (sqlfile.QUERIES / "athena").glob("*.sql"))


@pytest.fixture
def billed(engine: TrinoEngine, tmp_path: Path) -> TrinoEngine:
    bill.cur2(tmp_path, [bill.line(), bill.line("2026-11-05 10:00")])
    estate.cur2(tmp_path)
    engine.attach(estate.DATABASE, estate.TABLE)
    return engine


@pytest.mark.parametrize("file", FILES)
def test_every_file_runs(billed: TrinoEngine, file: str) -> None:
    """A new file has its relations and types here, or this fails. How long a text may be is all one."""
    answer = billed.trino.run(dialect.render(file, **RELATIONS[file]))
    assert len(answer.rows) == 1
    types = {name: re.sub(r"varchar\(\d+\)", "varchar", kind) for name, kind in answer.columns}
    assert types == dict.fromkeys(types, "varchar") | TYPES[file]


def test_only_the_period_asked_for_is_opened(billed: TrinoEngine) -> None:
    """The files of the other are not Parquet: whoever opens one fails."""
    key = "prefix/org-cur/data/BILLING_PERIOD=2026-11/org-cur-00001.snappy.parquet"
    boto3.client("s3").put_object(Bucket=estate.BUCKET, Key=key, Body=b"not Parquet" * 1000)
    assert len(billed.trino.run(dialect.render("usage", cur=CUR)).rows) == 1
    with pytest.raises(TrinoError, match="HIVE_BAD_DATA"):
        billed.trino.run(dialect.render("usage", cur=dialect.lines(TABLE, "2026-11")))
