"""A source below `s3://` is the same source: what it lists, fetches and leaves alone."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from bill import cur2, cur2_csv, legacy, legacy_csv, line
from home import reading
from s3_bucket import Bucket, bounded, requests

from finops.errors import SourceError
from finops.sources import Cur, MetricStream, Reading, Source

ROWS = [
    line(f"2026-{month}-{day:02d} 10:00", day, resource_tags={"Workload": f"w{day % 3}"})
    for month in (10, 11)
    for day in range(1, 20)
]


def metric_stream(root: Path, rows: object) -> None:
    """Two days of datapoints, one of them in two objects."""
    for name, amount in (("2026/11/19/07/a.gz", 1), ("2026/11/20/08/b.gz", 2), ("2026/11/20/09/c.gz", 3)):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        value = {"sum": float(amount), "count": 1.0, "max": 1.0, "min": 1.0}
        point = {"account_id": "111122223333", "region": "us-east-1", "namespace": "AWS/Bedrock"}
        point |= {"metric_name": "Invocations", "dimensions": {"ModelId": "m"}, "unit": "Count"}
        file.write_bytes(
            gzip.compress(json.dumps({**point, "timestamp": 1_795_000_000_000, "value": value}).encode())
        )


def ledger(source: Source, read: Reading) -> dict[str, list[Any]]:
    """All rows of all tables, by delivery and table."""
    rows = {}
    for delivery in source.deliveries(read):
        with duckdb.connect() as con:
            source.load(con, delivery, read)
            for table in source.tables:
                rows[f"{delivery.partition} {table}"] = con.execute(f"from {table} order by all").fetchall()
    return rows


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        pytest.param(Cur, cur2, id="CUR 2.0 Parquet"),
        pytest.param(Cur, cur2_csv, id="CUR 2.0 CSV"),
        pytest.param(Cur, legacy, id="legacy Parquet"),
        pytest.param(Cur, legacy_csv, id="legacy CSV"),
        pytest.param(MetricStream, metric_stream, id="metric streams"),
    ],
)
def test_the_ledger_is_the_same_row_by_row(
    aws: str, tmp_path: Path, kind: Callable[..., Source], write: Callable[..., object]
) -> None:
    write(tmp_path / "exports", ROWS)
    bucket = Bucket()
    bucket.upload(tmp_path / "exports")
    local = ledger(kind(path="exports"), reading(tmp_path))
    assert len(local) > 1
    assert all(local.values()) or kind is Cur
    assert ledger(kind(path=bucket.url), reading(tmp_path / "home")) == local
