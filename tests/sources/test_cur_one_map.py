"""AWS writes resource tags into two maps. One is read where that loses nothing, both where it might."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from bill import Row, cur2, line
from home import reading

from finops.sources.cur import Cur

PROFILE = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/a1b2c3d4e5f6"
MODEL = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5"
TAGGED = line(resource_tags={"Workload": "search"}, resource=PROFILE)
HALF = line(resource_tags={"Workload": "chat"}, tags={}, resource=PROFILE)
BARE = line(resource=PROFILE)
SHARED = line(resource=MODEL)
ONE_MAP = {"resourceTags/Workload"}
BOTH_MAPS = {"resourceTags/Workload", "resourceTags/user_workload"}


def keys(root: Path, rows: list[Row]) -> set[str]:
    """The tag keys that a delivery of three files, dealt in turn, is read to have. The middle one is in no sample."""
    cur2(root, rows, parts=3)
    source = Cur(path=str(root))
    with duckdb.connect() as con:
        (delivery,) = source.deliveries(reading(root))
        source.load(con, delivery, reading(root))
        found: list[Any] = con.execute("select unnest(map_keys(tags)) from tag_sets").fetchall()
    return {key for (key,) in found}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([TAGGED] * 300, ONE_MAP, id="`tags` repeats every resource tag"),
        pytest.param([TAGGED] * 299 + [SHARED], ONE_MAP, id="a shared model, which nobody can tag"),
        pytest.param([HALF] + [TAGGED] * 299, BOTH_MAPS, id="a tag that `tags` lacks, in the sample"),
        pytest.param(
            [TAGGED] * 151 + [HALF] + [TAGGED] * 148, BOTH_MAPS, id="a tag that `tags` lacks, beyond it"
        ),
        pytest.param([TAGGED] * 151 + [BARE] + [TAGGED] * 148, BOTH_MAPS, id="a profile that seems untagged"),
    ],
)
def test_both_maps_are_read_unless_one_tells_all(tmp_path: Path, rows: list[Row], expected: set[str]) -> None:
    assert keys(tmp_path, rows) == expected
