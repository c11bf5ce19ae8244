"""Generations: a catalogue is built beside the published one and swapped in whole.

Each is a read-only DuckDB file of its own; the symlink `finops.duckdb` moves to it last. Readers open
it at any moment and are never blocked. It is written so that DuckDB 1.4 and later can open it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb

from finops.catalogue.build import SCHEMA, Catalogue, Plan, attach
from finops.errors import LedgerError
from finops.ledger import Ledger, Record, no_room, sync
from finops.model import Value

STORAGE = "v1.4.0"
FULL = ("No space left on device", "Could not write")  # DuckDB says so of a commit, not only of a file
KEEP = 3  # generations: a slow reader may still have the one before open


class Built(Value):
    """A catalogue that is whole and proven, and that nobody sees yet."""

    temporary: Path
    target: Path
    restated_days: int


def build(ledger: Ledger, record: Record, plan: Plan, now: datetime, *, from_nothing: bool = False) -> Built:
    """Build generation `record.generation` beside the published one, from the last one where that helps.

    Raises ReconciliationError or LedgerError; then nothing of it is left.
    """
    target = ledger.catalogue(record.generation)
    temporary = target.with_suffix(".tmp")
    with contextlib.ExitStack() as undo:
        undo.callback(_discard, temporary)
        try:
            for leftover in ledger.catalogues.glob("*.tmp*"):  # of a run that was killed
                leftover.unlink()
            last = _last(ledger)
            if last is not None and not from_nothing:
                shutil.copyfile(last, temporary)
            with _attached(temporary) as con:
                catalogue = Catalogue(con, ledger.root, record, now)
                restated = catalogue.bring_up_to_date(plan, last if from_nothing else None)
            temporary.chmod(0o444)
            sync(temporary)
        except (OSError, duckdb.Error) as exc:
            raise _explained(ledger, record, temporary, exc) from exc
        undo.pop_all()
    return Built(temporary=temporary, target=target, restated_days=restated)


def _discard(temporary: Path) -> None:
    temporary.unlink(missing_ok=True)
    Path(f"{temporary}.wal").unlink(missing_ok=True)


def swap(ledger: Ledger, built: Built) -> None:
    """Make a built catalogue the one that readers open from now on. The newest few stay, for those who still read."""
    link = ledger.link.with_suffix(".new")
    try:
        os.replace(built.temporary, built.target)
        sync(ledger.catalogues)
        link.unlink(missing_ok=True)
        link.symlink_to(built.target.relative_to(ledger.home))
        os.replace(link, ledger.link)
        sync(ledger.home)
    except OSError as exc:
        raise no_room(built.target, exc) from exc
    for old in sorted(ledger.catalogues.glob("finops-*.duckdb"))[:-KEEP]:
        old.unlink()


def _explained(ledger: Ledger, record: Record, temporary: Path, cause: Exception) -> LedgerError:
    files = (ledger.root / file for stored in record.stored.values() for file in stored.tables.values())
    lost = next((file for file in files if not file.exists()), None)
    if lost is not None:
        return LedgerError(f"{lost}: is gone from the ledger; run `finops sync --rebuild` to read it again")
    if isinstance(cause, OSError | duckdb.IOException) or any(words in str(cause) for words in FULL):
        return no_room(temporary, cause)
    return LedgerError(
        f"{temporary}: could not be built: {str(cause).splitlines()[0]}; nothing is published. "
        "Run `finops sync --rebuild`; if it fails again, please report it"
    )


def _last(ledger: Ledger) -> Path | None:
    """The file that readers have, if it can be read and has this version's tables."""
    if ledger.link.exists():
        file = ledger.link.resolve()
        with contextlib.suppress(duckdb.Error), duckdb.connect(str(file), read_only=True) as con:
            if con.execute("select schema_version from meta").fetchall() == [(SCHEMA,)]:
                return file
    return None


@contextlib.contextmanager
def _attached(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database with the catalogue attached: scratch tables never reach the file."""
    with duckdb.connect(config={"preserve_insertion_order": "false"}) as con:
        attach(con, path, "catalogue", f"storage_version '{STORAGE}'")
        yield con
        con.execute("use memory")
        con.execute("detach catalogue")  # checkpoints
