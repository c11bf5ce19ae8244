"""The SQLite file in the home directory: opened, brought to this version's tables, asked. Nothing of what it holds.

`queries/state/<version>.sql` brings it from the version before to that one; none of them ever changes.
"""

from __future__ import annotations

import fcntl
import shlex
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from pydantic import ValidationError

from finops.errors import LedgerError
from finops.model import Value
from finops.sqlfile import QUERIES

FILE = "state.sqlite"  # in the home directory
VERSION = 2
BUSY_SECONDS = 30.0
NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)  # the file itself is sound

Row = dict[str, Any]
V = TypeVar("V", bound=Value)


class Database:
    """Open for one thread. Instants are aware; two processes may use the file at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        self._con = self._connected(self.path.absolute().as_uri())
        try:
            if self._sealed():
                self._con.close()
                self._con = self._connected(f"{self.path.absolute().as_uri()}?immutable=1")
            self.execute("pragma journal_mode = wal")
            self.execute("pragma synchronous = full")
            self._migrate()
        except BaseException:  # `__exit__` is not called for what was not entered
            self._con.close()
            raise
        return self

    def _connected(self, uri: str) -> sqlite3.Connection:
        try:
            return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        except sqlite3.Error as exc:
            raise LedgerError(f"{self.path}: {exc}; is --home right, and writable?") from exc

    def _sealed(self) -> bool:
        """Where nobody may write and nobody does: SQLite then wants to be told so, or cannot even read."""
        try:
            self._con.execute("select 1 from sqlite_master").close()
        except sqlite3.OperationalError as exc:
            readonly = exc.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY
            return readonly and not self.path.with_name(f"{self.path.name}-wal").exists()
        except sqlite3.Error:  # said by what is asked next
            return False
        return False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._con.close()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """What is read inside cannot change before it is written: no answer of a person is overwritten."""
        if self._con.in_transaction:
            yield
            return
        self.execute("begin immediate")
        try:
            yield
        except BaseException:  # an interrupt too: all of it is written, or nothing
            self._con.rollback()
            raise
        self.execute("commit")

    @contextmanager
    def sending(self) -> Iterator[None]:
        """One sender at a time, or two would both find a message pending. A killed one lets go."""
        with self.path.with_suffix(".lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def rows(self, sql: str, **values: Any) -> list[Row]:
        try:
            with closing(self._con.execute(sql, values)) as cursor:
                names = [column[0] for column in cursor.description or ()]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except sqlite3.Error as exc:
            raise LedgerError(f"{self.path}: {exc}; {_advice(exc)}") from exc

    def execute(self, sql: str, **values: Any) -> int:
        """How many rows it changed."""
        before = self._con.total_changes
        self.rows(sql, **values)
        return self._con.total_changes - before

    def readable(self, kind: type[V], rows: Sequence[Row]) -> Iterator[tuple[Row, V]]:
        for row in rows:
            with suppress(LedgerError):  # told by `unreadable`
                yield row, self.parse(kind, row)

    def parse(self, kind: type[V], row: Row) -> V:
        """`value` is JSON; `name` and `forget` are for the error that it cannot be read."""
        try:
            return kind.model_validate_json(row["value"])
        except ValidationError as exc:
            why, file = exc.errors()[0]["msg"], shlex.quote(str(self.path))
            raise LedgerError(
                f"{self.path}: cannot read {row['name']}: {why}; restore the file from a backup,"
                f' or let go of it: sqlite3 {file} "{row["forget"]}"'
            ) from exc

    def _migrate(self) -> None:
        if self._version() == VERSION:  # who only reads waits for no writer
            return
        with self.exclusive():
            version = self._version()
            for step in range(version + 1, VERSION + 1):
                file = QUERIES / "state" / f"{step}.sql"
                for statement in filter(str.strip, file.read_text(encoding="utf-8").split(";\n")):
                    self.execute(statement)
                self.execute("insert into schema_version values (:version)", version=step)
        if version > VERSION:
            raise LedgerError(
                f"{self.path}: written by a newer finops (schema {version}, this one knows {VERSION});"
                " upgrade finops, or use another --home"
            )

    def _version(self) -> int:
        if not self.rows("select 1 from sqlite_master where name = 'schema_version'"):
            return 0
        return int(self.rows("select max(version) as version from schema_version")[0]["version"])


def _advice(fault: sqlite3.Error) -> str:
    said = str(fault)
    code = getattr(fault, "sqlite_errorcode", 0) & 0xFF  # the module's own faults have none
    if "locked" in said:
        return "another finops is writing; try again"
    if "readonly" in said:
        return "run this where the home may be written, and as who may"
    if code in NO_ROOM:
        return "leave the file where it is, make room or see that its directory may be written, and try again"
    return "restore it, or move it away"


def text(at: datetime) -> str:
    """Sorts as text: always UTC, always six decimals."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")
