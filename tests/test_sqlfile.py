"""Our SQL files, of which those without parameters are not parsed again when they are read."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from finops.sqlfile import QUERIES

OF_SQLITE = ("state", "runs")
OURS = [path for path in sorted(QUERIES.rglob("*.sql")) if path.parent.name not in OF_SQLITE]


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(QUERIES)))
def test_a_query_of_ours_is_one_statement_after_its_header(path: Path) -> None:
    header, _, sql = path.read_text(encoding="utf-8").partition("---*/\n")
    assert header.startswith("/*---\n")
    assert len(duckdb.extract_statements(sql)) == 1
