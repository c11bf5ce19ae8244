"""What is done when nobody looks: a backup of what cannot be rebuilt, and an end to what nobody needs."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from finops import database
from finops.errors import LedgerError
from finops.ledger import Ledger, sync
from finops.schedule.runs import FILE, Runs
from finops.schedule.timetable import Schedule
from finops.state.store import State

DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)  # which the copy, being new, cannot be


def tidy(home: Path, schedule: Schedule, now: datetime) -> dict[str, Any]:
    """What was done, by name. A home that another finops writes is left alone: LedgerError says so."""
    try:
        return _tidied(home, schedule, now)
    except OSError as exc:
        place = exc.filename or home
        raise LedgerError(
            f"{place}: {exc.strerror}; make room, or run this where the home may be written, and as who may"
        ) from exc


def _tidied(home: Path, schedule: Schedule, now: datetime) -> dict[str, Any]:
    done: dict[str, Any] = {"backup": None, "backups_removed": 0, "messages_removed": 0}
    state = home / database.FILE
    if schedule.keep_backups and state.exists():
        done["backup"] = str(back_up(state, home / "backups", now).relative_to(home))
        done["backups_removed"] = _keep_newest(home / "backups", schedule.keep_backups)
    if state.exists():
        with State(state) as opened:
            done["messages_removed"] = opened.forget(now - timedelta(days=schedule.keep_messages_days))
            opened.execute("vacuum")
    with Runs(home / FILE) as runs:
        done["runs_removed"] = runs.forget(now - timedelta(days=schedule.keep_runs_days))
    ledger = Ledger(home)
    with ledger.writing():
        done["leftovers_removed"] = _clear(ledger)
    return done


def back_up(state: Path, directory: Path, now: datetime) -> Path:
    """One file a day, whole and proven, whatever is written meanwhile."""
    directory.mkdir(exist_ok=True)
    target = directory / f"state-{now:%Y-%m-%d}.sqlite"
    temporary = target.with_suffix(".tmp")
    temporary.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(state)) as source, closing(sqlite3.connect(temporary)) as copy:
            source.backup(copy)
            copy.execute("pragma journal_mode = delete")
            (verdict,) = copy.execute("pragma integrity_check").fetchone()
        if verdict != "ok":
            raise LedgerError(f"{state}: is damaged: {verdict}; restore it from {directory}")
        temporary.chmod(0o600)
        sync(temporary)
        os.replace(temporary, target)
        sync(directory)
    except (sqlite3.Error, OSError) as exc:
        if getattr(exc, "sqlite_errorcode", 0) & 0xFF in DAMAGED:
            raise LedgerError(f"{state}: is damaged: {exc}; restore it from {directory}") from exc
        raise LedgerError(
            f"{target}: cannot be written: {exc}; make room, see that {directory} may be written,"
            " or set keep_backups = 0"
        ) from exc
    finally:
        temporary.unlink(missing_ok=True)
    return target


def _keep_newest(directory: Path, count: int) -> int:
    old = sorted(directory.glob("state-*.sqlite"))[:-count]
    for path in old:
        path.unlink()
    return len(old)


def _clear(ledger: Ledger) -> int:
    """What a killed run left. Nobody else writes, so nothing of it is in use."""
    left = [*ledger.catalogues.glob("*.tmp*"), *ledger.root.glob("*.tmp"), *ledger.root.glob("scratch")]
    for path in left:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return len(left)
