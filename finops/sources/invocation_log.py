"""Model invocation logs as Bedrock writes them to S3: one JSON record per call and line, gzipped or plain.

AWS: "Monitor model invocation using CloudWatch Logs and Amazon S3". Prompts and answers stand in the same
lines. They are never read into a column, so that none can reach the ledger, a temporary file, a note or an
error: DuckDB's own words about a line quote it, and are not repeated here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import duckdb

from finops import sqlfile
from finops.errors import SourceError
from finops.model import Delivery, Value
from finops.sources.files import directory, s3
from finops.sources.files.listing import plain
from finops.sources.reading import Reading

FORMAT = "1"  # of what this source writes; a new number re-reads every delivery
BATCH = 24 << 20  # bytes of gzipped log that are read at a time: some ten thousand records in memory
PACKED = 5  # how much smaller gzip makes a log
MANY = 10_000  # values that a metadata key may have in a delivery; more of them tell requests, not workloads
SHOWN = 5  # names in a note
KEY = 80  # characters of a metadata key in a note: AWS allows 256

NO_RECORD = "that are no record"  # as the records' query says it

# Bodies above 100 KB, and a trace of AWS testing the bucket: beside the logs, and no logs.
_NO_LOG = re.compile(
    r"(?:^|/)\d\d/data/|/BedrockModelInvocationLogs/.*/data/|_(?:input|output)\.json(?:\.gz)?$"
    r"|amazon-bedrock-logs-permission-check[^/]*$"
)


class InvocationLog(Value):
    """Fills `calls`. A delivery is a day of the path, and an hour's records may come in two: readers sum them.
    Of the request metadata, keys that [tags] looks for are kept, and those that `metadata` adds.
    `region` and `role_arn` are of a bucket: where it is, and the role that may read it."""

    kind: Literal["invocation_log"] = "invocation_log"
    path: str
    region: str | None = None
    role_arn: str | None = None
    metadata: tuple[str, ...] = ()
    tables: ClassVar[tuple[str, ...]] = ("calls", "notes")

    @property
    def name(self) -> str:
        return f"{self.kind}:{plain(self.path)}"

    def deliveries(self, reading: Reading) -> list[Delivery]:
        """Other keys to keep are another signature: the logs are read again."""
        kept = json.dumps([FORMAT, sorted(set(self.metadata))])
        found = []
        for delivery in directory.by_day(self.kind, self.path, reading, self.region, self.role_arn):
            files = tuple(file for file in delivery.files if not _NO_LOG.search(_below(delivery, file)))
            signature = hashlib.sha256(f"{delivery.signature}\0{kept}".encode()).hexdigest()
            if files:
                found.append(delivery.model_copy(update={"files": files, "signature": signature}))
        return found

    def load(self, con: duckdb.DuckDBPyConnection, delivery: Delivery, reading: Reading) -> Delivery:
        """All calls of the delivery, added up; lines that are none are counted in a note."""
        for table in self.tables:
            con.execute(sqlfile.read("ledger", table).sql)
        with s3.near(self.kind, delivery, reading, self.region, self.role_arn) as here:
            names = (_below(delivery, file) for file in delivery.files)
            files = dict(zip(here.files, names, strict=True))
            try:
                fault = Log(con=con, delivery=delivery, files=files, wanted=self.metadata).read()
            finally:
                if delivery.objects:
                    _let_go(here.files)
            if fault:
                raise SourceError(fault)  # outside of any `except`: a cause would carry what it quotes
        return delivery


def _let_go(copies: Iterable[str]) -> None:
    """Prompts are not kept here, even if a log that grows is then fetched whole again."""
    for copy in copies:
        Path(copy).unlink(missing_ok=True)


def _below(delivery: Delivery, file: str) -> str:
    return file.removeprefix(delivery.origin).lstrip("/")


@dataclass
class Log:
    """One delivery in the making, `batch` gzipped bytes at a time. `files` are those on this machine, with the
    names that people know them by; `wanted` are metadata keys, in any spelling."""

    con: duckdb.DuckDBPyConnection
    delivery: Delivery
    files: Mapping[str, str]
    wanted: Sequence[str]
    batch: int = BATCH
    repeats: int = 0

    def read(self) -> str | None:
        """Fill `calls` and `notes`; or what is wrong, in words that quote no line."""
        con = self.con
        con.execute(sqlfile.read("attribution", "same_key").sql)
        con.execute(sqlfile.read("sources", "role_of").sql)
        for name in ("token_count", "kept_of", "size_of", "tables", "seen", "faults", "values"):
            self._query(name)
        for files in batches(list(self.files), self.batch):
            directory.check_gzip(self.delivery.kind, files)
            fault = self._add(files)
            if fault:
                return fault
        self._query("forget")
        self._query("groups", kept=self._kept())
        self._query("calls")
        return self._note()

    def _add(self, files: list[str]) -> str | None:
        try:
            self._query("records", files=files)
        except duckdb.Error as exc:
            reason = _reason(exc)
        else:
            self._query("add_faults")
            self._query("add_values", wanted=list(self.wanted))
            self.repeats += self._query("repeats")[0][0]
            self._query("add_seen")
            self._query("add_parts", kept=self._kept())
            return None
        return (
            f"{self.delivery.kind}: {self._culprit(files)}: {reason}; fetch the file again, or move it away, "
            "if it is no invocation log"
        )

    def _culprit(self, files: Sequence[str]) -> str:
        """The file that cannot be read by itself; an error over many names none for sure."""
        for file in files:
            try:
                self._query("records", files=[file])
            except duckdb.Error:
                return file
        return self.delivery.origin

    def _kept(self) -> list[str]:
        return [key for (key,) in self._query("kept", many=MANY)]

    def _note(self) -> str | None:
        faults: dict[str, list[tuple[str, int]]] = {}
        for fault, file, lines in self._query("told_faults"):
            faults.setdefault(fault, []).append((self.files[file], lines))
        calls = self.con.execute("select count(*) from calls").fetchall()[0][0]
        if not calls and NO_RECORD in faults:
            file, lines = faults[NO_RECORD][0]
            return (
                f"{self.delivery.kind}: {self.delivery.origin}: of {self.delivery.partition} not one line is a record "
                f"of a call, as in {file} ({lines} lines); `path` in [[sources]] must hold invocation logs, "
                "gzipped files must end in .gz"
            )
        kept = set(self._kept())
        known = self._query("keys")
        dropped = [key[:KEY] for key, wanted in known if not wanted]
        many = [key[:KEY] for key, wanted in known if wanted and key not in kept]
        for note in notes(faults, self.repeats, dropped, many):
            self.con.execute("insert into notes values (?)", [note])
        return None

    def _query(self, name: str, **values: Any) -> list[tuple[Any, ...]]:
        query = sqlfile.read("sources", "invocation_log", name)
        return self.con.execute(query.sql, query.bind(**values)).fetchall()


def notes(
    faults: dict[str, list[tuple[str, int]]], repeats: int, dropped: Sequence[str], many: Sequence[str]
) -> Iterator[str]:
    """What was not counted or kept: how many and where, never what it said."""
    for fault, files in faults.items():
        lines = sum(count for _, count in files)
        yield f"{lines:,} line(s) {fault}, not counted: {_some([f'{f} ({n})' for f, n in files])}"
    if repeats:
        yield f"{repeats:,} record(s) delivered again, counted once"
    if dropped:
        yield (
            f"request metadata not kept: {_some(dropped)}; to keep a key, add it to `metadata` in [[sources]], "
            "or to [tags]"
        )
    if many:
        yield f"request metadata with more than {MANY:,} values a day, not kept: {_some(many)}"


def _some(names: Sequence[str]) -> str:
    told = ", ".join(names[:SHOWN])
    return told if len(names) <= SHOWN else f"{told} and {len(names) - SHOWN} more"


def batches(files: Sequence[str], most: int) -> Iterator[list[str]]:
    """Files in their order, about `most` gzipped bytes at a time: what memory is needed for."""
    batch: list[str] = []
    held = 0
    for file in files:
        size = os.stat(file).st_size // (1 if file.endswith(".gz") else PACKED)
        if batch and held + size > most:
            yield batch
            batch, held = [], 0
        batch.append(file)
        held += size
    if batch:
        yield batch


def _reason(exc: duckdb.Error) -> str:
    match exc:
        case duckdb.OutOfMemoryException():
            return "does not fit into memory"
        case duckdb.IOException():
            return "cannot be opened or unpacked"
        case _:
            return "has a line that is longer than any record, or is no text"
