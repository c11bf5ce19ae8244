"""The bill of an independent generator, with all of AWS's columns, through Trino: what its files give, row by row."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import estate
import pytest
import tables
from athena_server import Athena as Server
from home import reading
from ledgers import differences, ledger
from test_generator import GENERATOR, SIZE

from finops.sources import Athena, Cur

# In one file: of several, the files' reader takes product metadata from a sample, and of two tag maps the fuller.
WHOLE = SIZE | {"formats": "cur2,legacy", "rows-per-file": 100_000}

pytestmark = pytest.mark.skipif(
    not GENERATOR.exists(), reason=f"no generator at {GENERATOR}; set CUR_GEN to it"
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("world")
    words = [word for name, value in (WHOLE | {"out": out}).items() for word in (f"--{name}", str(value))]
    subprocess.run([sys.executable, str(GENERATOR), *words], check=True, capture_output=True)
    return out


@pytest.mark.parametrize(
    ("layout", "partitions"),
    [
        pytest.param("cur2", estate.BY_PERIOD, id="CUR 2.0"),
        pytest.param("legacy", estate.BY_MONTH, id="legacy"),
    ],
)
def test_the_ledger_is_that_of_the_files(
    athena: Server, world: Path, layout: str, partitions: Mapping[str, str]
) -> None:
    exports = world / layout
    file = min(exports.rglob("*.snappy.parquet"))
    estate.upload(exports)
    place = file.parents[len(partitions)].relative_to(exports)
    estate.table(tables.described(file), partitions, f"{place}/")
    asking = reading(world)
    source = Athena(database=estate.DATABASE, table=estate.TABLE, output=estate.OUTPUT)
    said = ledger(source, asking)
    assert differences(said, ledger(Cur(path=layout), asking)) == []
    assert sum(len(rows) for (_, table), rows in said.items() if table == "usage") > 1000
