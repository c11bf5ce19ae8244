from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from bill import cur2, line
from home import Home

from finops import database
from finops.errors import LedgerError
from finops.ledger import Ledger
from finops.schedule import runs
from finops.schedule.runs import Ended, Runs
from finops.schedule.timetable import Schedule
from finops.serve import report
from finops.serve.housekeeping import tidy
from finops.state.store import State

NOW = datetime(2026, 11, 18, 3, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def incident(home: Home) -> str:
    """Something that cannot be rebuilt."""
    with Runs(home.path / runs.FILE) as record, State(home.path / database.FILE) as state:
        record.end(record.begin("sync", NOW), NOW, Ended(outcome="failed"))
        decision = report.decide((), record.past(), NOW)
        state.record(decision, [], NOW)
    return decision.incidents[0].id


def test_a_backup_a_day_and_the_newest_are_kept(home: Home) -> None:
    lost = incident(home)
    for days in range(5):
        done = tidy(home.path, Schedule(keep_backups=3), NOW + days * DAY)
    assert done["backup"] == "backups/state-2026-11-22.sqlite"
    kept = sorted(path.name for path in (home.path / "backups").iterdir())
    assert kept == [f"state-2026-11-{day}.sqlite" for day in (20, 21, 22)]
    shutil.copy(home.path / "backups" / kept[0], home.path / database.FILE)
    with State(home.path / database.FILE) as state:
        assert [one.id for one in state.incidents()] == [lost], "a backup is a state"


def test_a_backup_is_whole_while_somebody_writes(home: Home) -> None:
    incident(home)
    with State(home.path / database.FILE) as state:
        state.execute("insert into plans values ('a', '2026', 'ana', '2026')")  # in the write-ahead log only
        tidy(home.path, Schedule(), NOW)
    with State(home.path / "backups" / f"state-{NOW:%Y-%m-%d}.sqlite") as copy:
        assert copy.rows("select count(*) as plans from plans") == [{"plans": 1}]


@pytest.mark.parametrize("sound", [16, 4096], ids=["its first page", "all but its first page"])
def test_a_damaged_state_is_not_backed_up_over_a_good_one(home: Home, sound: int) -> None:
    incident(home)
    tidy(home.path, Schedule(), NOW)
    good = (home.path / "backups" / f"state-{NOW:%Y-%m-%d}.sqlite").read_bytes()
    state = (home.path / database.FILE).read_bytes()
    (home.path / database.FILE).write_bytes(state[:sound] + b"x" * (len(state) - sound))
    with pytest.raises(LedgerError, match=r"state\.sqlite: is damaged: .*; restore it from .*backups$"):
        tidy(home.path, Schedule(), NOW)
    assert [p.read_bytes() for p in (home.path / "backups").iterdir()] == [good]


def test_old_runs_and_what_killed_runs_left_go(home: Home) -> None:
    cur2(home.exports, [line("2026-11-17 10:00", 7)])
    home.sync()
    with Runs(home.path / runs.FILE) as record:
        for days in (100, 95, 1):
            at = NOW - days * DAY
            record.end(record.begin("sync", at), at, Ended(outcome="ok"))
    ledger = Ledger(home.path)
    (ledger.catalogues / "finops-000009.tmp").write_bytes(b"x")
    (ledger.root / "scratch").mkdir()
    done = tidy(home.path, Schedule(), NOW)
    assert (done["runs_removed"], done["leftovers_removed"], done["backup"]) == (2, 2, None)
    assert home.ask("select generation from meta") == [(1,)]


def test_a_home_that_is_written_is_left_alone(home: Home) -> None:
    with Ledger(home.path).writing(), pytest.raises(LedgerError, match="another finops is writing"):
        tidy(home.path, Schedule(), NOW)


def in_the_way(home: Home) -> None:
    (home.path / "backups").write_bytes(b"a file")


def not_removed(home: Home) -> None:
    for day in range(1, 31):
        (home.path / "backups" / f"state-2026-10-{day:02}.sqlite").mkdir(parents=True)


@pytest.mark.parametrize("arrange", [in_the_way, not_removed], ids=["not made", "not removed"])
def test_a_home_that_cannot_be_written_says_what_to_do(arrange: Callable[[Home], None], home: Home) -> None:
    incident(home)
    arrange(home)
    done = home.run("housekeeping")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert re.match(r"finops: \S*backups\S*: .*; make room, or run this where the home may be", done.stderr)
