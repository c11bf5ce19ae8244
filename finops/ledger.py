"""The record: immutable Parquet, one set of files per delivery, and the file that says which are current.

Nothing here is ever changed in place. A delivery is replaced whole by files of a new generation;
`record.json` is swapped last, so a crash at any point leaves the last good generation.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
from pydantic import ValidationError

from finops.errors import LedgerError
from finops.model import Delivery, Stored, Value

BUSY = "another finops is writing"  # a run that meets it may be tried again later
ORDER = {"usage": "billing_period, hour", "datapoints": "hour", "calls": "hour"}


class Record(Value):
    """`settings` is the digest of what names and views came from: another one publishes anew.
    `unreachable` has the sources that AWS refused at the last sync, with its words."""

    generation: int = 0
    stored: dict[str, Stored] = {}
    settings: str = ""
    unreachable: dict[str, str] = {}


class Ledger:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.root = home / "ledger"
        self.catalogues = home / "catalogue"
        self.link = home / "finops.duckdb"

    def record(self) -> Record:
        path = self.root / "record.json"
        try:
            return Record.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return Record()
        except (OSError, ValidationError) as exc:
            raise LedgerError(
                f"{path}: {exc}; remove the ledger directory and run `finops sync` again"
            ) from exc

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Only one process writes; the others are told so at once. Readers are never in the way."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.catalogues.mkdir(exist_ok=True)
            lock = open(self.home / ".lock", "w")  # noqa: SIM115 (held until the end of the block)
        except OSError as exc:
            raise LedgerError(f"{exc.filename}: {exc.strerror}; choose another --home") from exc
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as exc:
                raise LedgerError(f"{self.home}: {BUSY}; wait for it to finish") from exc
            yield

    def current(self, record: Record) -> bool:
        """Whether readers see the generation that the record is at."""
        return self.link.exists() and self.link.resolve() == self.catalogue(record.generation).resolve()

    def next_generation(self, record: Record) -> int:
        """Above the record's and above every catalogue's: a record that was lost never reuses a number."""
        numbers = [int(path.stem.split("-")[1]) for path in self.catalogues.glob("finops-*.duckdb")]
        return max(record.generation, *numbers, 0) + 1

    def catalogue(self, generation: int) -> Path:
        return self.catalogues / f"finops-{generation:06d}.duckdb"

    def store(
        self, con: duckdb.DuckDBPyConnection, delivery: Delivery, tables: Sequence[str], generation: int
    ) -> Stored:
        """Write the temporary tables that a source has filled; they are not current until `commit`."""
        directory = self.root / _safe(delivery.source) / delivery.partition / f"g{generation:06d}"
        written = {}
        with _room_for(directory):
            directory.mkdir(parents=True, exist_ok=True)
            for table in tables:
                path = directory / f"{table}.parquet"
                relation = con.table(table)
                if table in ORDER:
                    relation = relation.order(ORDER[table])
                relation.write_parquet(str(path), compression="zstd")
                sync(path)
                written[table] = str(path.relative_to(self.root))
            for changed in (directory, directory.parent, directory.parent.parent):
                sync(changed)
        return Stored(delivery=delivery, generation=generation, tables=written)

    def commit(self, record: Record) -> None:
        """Make `record` the current one, then remove what was read before and it does not name."""
        path = self.root / "record.json"
        temporary = path.with_suffix(".tmp")
        with _room_for(path):
            temporary.write_text(record.model_dump_json(indent=1), encoding="utf-8")
            sync(temporary)
            os.replace(temporary, path)
            sync(self.root)
        self._sweep(record)

    def _sweep(self, record: Record) -> None:
        current = {
            (self.root / file).parent for stored in record.stored.values() for file in stored.tables.values()
        }
        for directory in self.root.glob("*/*/g*"):
            if directory not in current and directory.name < f"g{record.generation:06d}":
                shutil.rmtree(directory, ignore_errors=True)


def _safe(source: str) -> str:
    """A directory name that a person can read and that no two sources share."""
    words = "".join(c if c.isalnum() else "-" for c in source).strip("-")[:40]
    return f"{words}-{hashlib.sha256(source.encode()).hexdigest()[:8]}"


def sync(path: Path) -> None:
    """Force a file, or a directory's names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _room_for(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, duckdb.IOException) as exc:
        raise no_room(path, exc) from exc


def no_room(path: Path, cause: Exception) -> LedgerError:
    return LedgerError(
        f"{path}: cannot be written: {str(cause).splitlines()[0]}; make room or choose another --home, "
        "then run it again. The published ledger is as it was"
    )
