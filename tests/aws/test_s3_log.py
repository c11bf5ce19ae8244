"""Invocation logs below `s3://`: the same ledger as from a directory, and no copy of a prompt stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from home import reading
from log_records import FOLDER, call, record, session, write
from s3_bucket import Bucket

from finops.errors import SourceError
from finops.sources import Reading
from finops.sources.invocation_log import InvocationLog


def ledger(path: str, read: Reading) -> list[Any]:
    source = InvocationLog(path=path, metadata=("workload",))
    rows = []
    for delivery in source.deliveries(read):
        with duckdb.connect() as con:
            source.load(con, delivery, read)
            rows += [con.execute(f"from {table} order by all").fetchall() for table in source.tables]
    return rows


def files(directory: Path) -> list[Path]:
    return [file for file in directory.rglob("*") if file.is_file()]


def test_a_bucket_gives_what_a_directory_gives_and_leaves_no_copy(aws: str, tmp_path: Path) -> None:
    logs, read = tmp_path / "logs", reading(tmp_path)
    write(logs, "a.json.gz", "".join(call(n, identity=session(f"s{n % 3}")) for n in range(50)) + "cut\n")
    write(logs, f"{FOLDER.replace('19/12', '20/00')}/b.json.gz", record())
    write(logs, f"{FOLDER}/data/ff4b_input.json.gz", record(requestId="a body"))
    bucket = Bucket()
    bucket.upload(logs)
    assert ledger(bucket.url, read) == ledger(str(logs), read)
    assert files(read.cache) == []


def test_a_damaged_object_is_named_by_its_url_and_leaves_no_copy(aws: str, tmp_path: Path) -> None:
    bucket, read = Bucket(), reading(tmp_path)
    bucket.put(f"{FOLDER}/a.json.gz", b"no gzip")
    with pytest.raises(SourceError, match=f"{bucket.url}/{FOLDER}/a.json.gz"):
        ledger(bucket.url, read)
    assert files(read.cache) == []
