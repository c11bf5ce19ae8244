"""What a command does where its output is not read to the end, or not in UTF-8."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from bill import cur2, line
from home import Home


@pytest.fixture
def home(home: Home) -> Home:
    """Two rungs name its dollars, with a dot between them."""
    cur2(home.exports, [line(usd=7), line(usd=3, resource_tags={"Workload": "search"})])
    home.sync()
    return home


def command(home: Home, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "finops", "--home", str(home.path), *arguments]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["status"], id="a little"),
        pytest.param(["sql", "select * from range(100000)"], id="much"),
        pytest.param(["-h"], id="help"),
    ],
)
def test_who_stops_reading_is_not_told_of_findings(home: Home, arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(
            command(home, *arguments), stdout=closed, stderr=subprocess.PIPE, check=False, timeout=60
        )
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_screen_without_our_characters_shows_the_rest(home: Home) -> None:
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = subprocess.run(
        command(home, "status"), capture_output=True, text=True, check=False, timeout=60, env=ascii_only
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "workload named by, of all days: untagged 70.0% ? resource_tag 30.0%" in done.stdout
