"""Model invocation logs where they are: Athena adds them up by hour, no text of a request or answer is selected.

What AWS writes later than a few hours after a day is over is not seen; records are immutable before that.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import duckdb
from pydantic import Field

from finops import sqlfile
from finops.aws import AwsError
from finops.errors import SourceError
from finops.model import Delivery
from finops.sources.athena import dialect
from finops.sources.athena.export import Described, describe
from finops.sources.athena.query import Engine, Name, Services, Workgroup
from finops.sources.athena.records import records
from finops.sources.reading import Reading

FORMAT = "1"  # of what this source writes; a new number reads every day again
LATE = timedelta(hours=6)  # after which a day's log has come


class AthenaLog(Workgroup):
    """A table over model invocation logs; fills `calls`. The last `days` are read, each once it is over, and until
    then every `every_hours`. Of the request metadata, keys that [tags] looks for are kept, and those that `metadata`
    adds. A query scans all of a day's log, bodies too: keep text delivery off, or look at `max_usd_per_run`."""

    kind: Literal["athena_log"] = "athena_log"
    table: Name
    days: Annotated[int, Field(gt=0)] = 31
    every_hours: Annotated[int, Field(gt=0)] = 6
    metadata: tuple[str, ...] = ()
    tables: ClassVar[tuple[str, ...]] = ("calls", "notes")

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.database}.{self.table}"

    def deliveries(self, reading: Reading) -> list[Delivery]:
        described = self._described(reading)
        return [
            Delivery(
                source=self.name,
                kind=self.kind,
                partition=day.isoformat(),
                signature=_hash(FORMAT, self._records(described, day), version),
                files=(),
                origin=f"{self.name} {day}",
            )
            for day, version in self._days(reading.now)
        ]

    def load(self, con: duckdb.DuckDBPyConnection, delivery: Delivery, reading: Reading) -> Delivery:
        for table in self.tables:
            con.execute(sqlfile.read("ledger", table).sql)
        relation = self._records(self._described(reading), date.fromisoformat(delivery.partition))
        engine = Engine(self, reading, self.name)
        cache = reading.cache / "athena"
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as directory:
            files = engine.parquet(dialect.render("calls", records=relation), Path(directory))
            if files:
                self._fill(con, files)
            else:
                told = f"{delivery.partition}: no record; if there were calls, see the table's location and partitions"
                con.execute("insert into notes values (?)", [told])
        return delivery

    def _fill(self, con: duckdb.DuckDBPyConnection, files: list[str]) -> None:
        calls, faults = (sqlfile.read("sources", "athena", name) for name in ("calls", "call_faults"))
        try:
            con.execute(calls.sql, calls.bind(files=files))
            found = con.execute(faults.sql, faults.bind(files=files)).fetchall()
        except duckdb.Error as exc:
            raise SourceError(
                f"{self.name}: what Athena wrote cannot be read: {str(exc).splitlines()[0]}; run it again"
            ) from exc
        for fault, count in found:
            said = "delivered again, counted once" if fault == "delivered again" else f"{fault}, not counted"
            con.execute("insert into notes values (?)", [f"{count:,} record(s) {said}"])

    def _described(self, reading: Reading) -> Described:
        found = describe(self, Services(reading.aws, self.region, self.role_arn), self.table)
        if found is None:
            raise AwsError(
                f"{self.name}: there is no such table in {self.catalog}; docs/configuration.md has its DDL",
                "NoTable",
            )
        return found

    def _records(self, described: Described, day: date) -> str:
        return records(described.table, day, wanted=self.metadata, day_format=described.day_format)

    def _days(self, now: datetime) -> Iterator[tuple[date, str]]:
        """Each day and its version: one for good once its log has come."""
        today = now.astimezone(UTC).date()
        for back in reversed(range(self.days)):
            day = today - timedelta(days=back)
            over = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) + LATE
            slot = int(now.timestamp()) // (self.every_hours * 3600)
            yield day, "whole" if now >= over else str(slot)


def _hash(*told: str) -> str:
    return hashlib.sha256("\0".join(told).encode()).hexdigest()[:32]
