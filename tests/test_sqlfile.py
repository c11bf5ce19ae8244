"""Our SQL files, which DuckDB does not parse when they are read: their parameters are found by their look."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from finops.sqlfile import ALERTS, QUERIES, statement

OF_SQLITE = ("state", "runs")
OURS = [
    path
    for path in sorted((*QUERIES.rglob("*.sql"), *ALERTS.glob("*.sql")))
    if path.parent.name not in OF_SQLITE
]


@pytest.mark.parametrize("path", OURS, ids=lambda path: "/".join(path.parts[-3:]))
def test_a_query_of_ours_is_one_statement_after_its_header(path: Path) -> None:
    header, _, sql = path.read_text(encoding="utf-8").partition("---*/\n")
    assert header.startswith("/*---\n")
    (parsed,) = duckdb.extract_statements(sql)
    assert statement(path, sql).names == parsed.named_parameters
