"""What the service did, on record."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from finops.errors import LedgerError
from finops.schedule.runs import FILE, Ended, Outcome, Runs

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def note(runs: Runs, job: str, at: datetime, outcome: Outcome) -> int:
    number = runs.begin(job, at)
    runs.end(number, at + HOUR / 2, Ended(outcome=outcome))
    return number


def test_a_run_is_there_from_its_beginning_and_says_what_it_did(tmp_path: Path) -> None:
    ended = Ended(
        outcome="ok", did={"generation": 7}, aws_requests=12, aws_usd=Decimal("0.000000120001"), error=None
    )
    with Runs(tmp_path / FILE) as runs:
        number = runs.begin("sync", NOW)
        (running,) = runs.recent(10)
        runs.end(number, NOW + HOUR, ended)
    with Runs(tmp_path / FILE) as runs:
        (run,) = runs.recent(10)
    assert (running.job, running.started_at, running.ended_at, running.outcome) == ("sync", NOW, None, None)
    assert (run.started_at, run.ended_at) == (NOW, NOW + HOUR)
    assert Ended.model_validate(run.model_dump(include=set(Ended.model_fields))) == ended


def test_what_was_torn_is_interrupted_and_only_that(tmp_path: Path) -> None:
    with Runs(tmp_path / FILE) as runs:
        note(runs, "sync", NOW, "ok")
        runs.begin("check", NOW)
    with Runs(tmp_path / FILE) as runs:
        assert (runs.interrupt(NOW + HOUR), runs.interrupt(NOW + HOUR)) == (1, 0)
        check, sync = runs.recent(10)
    assert (check.outcome, check.ended_at) == ("interrupted", NOW + HOUR)
    assert sync.outcome == "ok"


def test_the_past_of_a_job(tmp_path: Path) -> None:
    outcomes: list[Outcome] = [
        "failed",
        "ok",
        "findings",
        "hung",
        "failed",
        "interrupted",
        "skipped",
        "failed",
    ]
    with Runs(tmp_path / FILE) as runs:
        assert runs.past().born is None
        ids = [note(runs, "sync", NOW + n * HOUR, outcome) for n, outcome in enumerate(outcomes)]
        runs.begin("sync", NOW + 20 * HOUR)
        past = runs.past()
    sync = past.of("sync")
    assert past.born == NOW
    assert [run and run.id for run in (sync.good, sync.tried, sync.last)] == [ids[2], ids[7], ids[7]]
    assert sync.missed == {"hung": 1, "failed": 2, "interrupted": 1, "skipped": 1}
    assert past.of("check").last is None


def test_old_runs_are_forgotten_but_not_when_a_job_was_last_good(tmp_path: Path) -> None:
    with Runs(tmp_path / FILE) as runs:
        kept = [note(runs, "digest", NOW, "ok"), note(runs, "sync", NOW + 9 * HOUR, "failed")]
        for n in range(3):
            note(runs, "sync", NOW + n * HOUR, "failed")
        assert runs.forget(NOW + 8 * HOUR) == 3
        assert sorted(run.id for run in runs.recent(10)) == kept


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        pytest.param("pragma user_version = 99", "written by a newer finops", id="a newer schema"),
        pytest.param("drop table runs", "no such table: runs; ", id="a table that is gone"),
    ],
)
def test_a_file_that_cannot_be_used_says_so(tmp_path: Path, harm: str, message: str) -> None:
    with Runs(tmp_path / FILE):
        pass
    with closing(sqlite3.connect(tmp_path / FILE)) as con:
        con.execute(harm)
    with pytest.raises(LedgerError, match=message), Runs(tmp_path / FILE) as runs:
        runs.past()
