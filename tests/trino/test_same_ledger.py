"""Over a table on a real Trino the ledger is what it is over the files, row by row and to the last decimal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import estate
import pytest
import tables
from athena_server import Athena as Server
from home import reading
from ledgers import differences, ledger

from finops.sources import Athena, Cur


def source(**more: Any) -> Athena:
    return Athena(**{"database": estate.DATABASE, "table": estate.TABLE, "output": estate.OUTPUT} | more)


@pytest.mark.parametrize(
    ("made", "options", "rows"),
    [
        pytest.param(tables.cur2, {}, 60, id="CUR 2.0"),
        pytest.param(tables.cur2, {"cost_categories": True}, 60, id="cost categories"),
        pytest.param(tables.doubles, {}, 3000, id="doubles of every size"),
        pytest.param(tables.int96, {}, 60, id="instants as INT96"),
        pytest.param(tables.decimals, {}, 60, id="costs as decimals"),
        pytest.param(tables.text, {"cost_categories": True}, 60, id="everything is text"),
        pytest.param(tables.optional_columns_absent, {}, 20, id="optional columns absent"),
        pytest.param(tables.columns_younger_than_the_file, {}, 20, id="columns younger than the file"),
        pytest.param(tables.legacy, {}, 50, id="legacy"),
        pytest.param(tables.legacy_partitioned_by_numbers, {}, 50, id="legacy, partitioned by numbers"),
    ],
)
def test_the_ledger_is_that_of_the_files(
    athena: Server, tmp_path: Path, made: Callable[[Path], None], options: dict[str, Any], rows: int
) -> None:
    made(tmp_path / "exports")
    asking = reading(tmp_path)
    said = ledger(source(**options), asking)
    assert differences(said, ledger(Cur(path="exports", **options), asking)) == []
    assert len(said["2026-10", "usage"]) >= rows
