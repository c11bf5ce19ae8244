"""`finops runs`, `tell`, `housekeeping`: what they print, and for whom."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from home import Home
from typer.testing import CliRunner, Result

from finops.commands.context import Context
from finops.commands.serve import app
from finops.errors import ConfigError
from finops.schedule.runs import FILE, Ended, Runs

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)


def run(home: Home, *arguments: str, as_json: bool = False) -> Result:
    return CliRunner().invoke(app, arguments, obj=Context(home.path, as_json, NOW))


@pytest.fixture
def home(home: Home) -> Home:
    ends = (
        Ended(outcome="ok", did={"generation": 3, "read": 2, "unchanged": 0}, aws_requests=7, aws_usd=Decimal("0.05")),
        Ended(outcome="failed", error="disk full\x1b[31m\nmake room"),
    )  # fmt: skip
    with Runs(home.path / FILE) as record:
        for end in ends:
            record.end(record.begin("sync", NOW), NOW + timedelta(seconds=90), end)
        record.begin("check", NOW)
    return home


def test_runs_are_listed_the_latest_first(home: Home) -> None:
    lines = [line.split() for line in run(home, "runs").stdout.splitlines()]
    assert [line[:2] for line in lines[1:]] == [["3", "check"], ["2", "sync"], ["1", "sync"]]
    assert lines[1][4:] == ["runs"]
    assert lines[2][4:] == ["90", "s", "failed", "disk", "full", "[31m", "make", "room"], (
        "no colour of a tag's"
    )
    assert lines[3][4:] == ["90", "s", "ok", "$0.05", "generation", "3,", "read", "2"]


@pytest.mark.parametrize("where", ["option", "context"])
def test_runs_for_a_program(where: str, home: Home) -> None:
    option = ["--json"] if where == "option" else []
    found = json.loads(run(home, "runs", "--limit", "2", *option, as_json=where == "context").stdout)
    assert [(one["id"], one["outcome"], one["aws_usd"]) for one in found] == [
        (3, None, "0"),
        (2, "failed", "0"),
    ]


def test_a_home_where_nothing_ran_says_so(home: Home) -> None:
    (home.path / FILE).unlink()
    assert isinstance(run(home, "runs").exception, ConfigError)


def test_tell_says_how_much_it_sent(home: Home) -> None:
    assert json.loads(run(home, "tell", as_json=True).stdout) == {"sent": 1, "refused": 0}
    assert run(home, "tell").stdout == "sent: 0, refused: 0\n"


def test_housekeeping_says_what_it_did(home: Home) -> None:
    run(home, "tell")
    done = json.loads(run(home, "housekeeping", "--json").stdout)
    assert done == {
        "backup": "backups/state-2026-11-18.sqlite", "backups_removed": 0, "messages_removed": 0, "runs_removed": 0,
        "leftovers_removed": 0,
    }  # fmt: skip
