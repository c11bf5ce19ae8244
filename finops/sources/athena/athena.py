"""Cost and Usage Reports where they are: Athena scans and groups them, the ledger receives its own grain.

The statements are queries/athena/usage.sql and control.sql; what a table has for columns and partitions is put before
them by `dialect`. A billing period is asked for again when AWS has rewritten it, and not before.
"""

from __future__ import annotations

import hashlib
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import duckdb

from finops import sqlfile
from finops.aws import AwsError
from finops.errors import ReconciliationError, SourceError
from finops.model import Delivery
from finops.sources.athena import dialect
from finops.sources.athena.export import BLIND, STATUS, Described, Export, Objects, describe
from finops.sources.athena.query import Engine, Name, Services, Workgroup
from finops.sources.cur import spelling
from finops.sources.reading import Reading

FORMAT = "1"  # of what this source writes; a new number reads every period again


class Athena(Workgroup):
    """A report's table in Athena, CUR 2.0 or legacy. `months`: how many back are looked at; the ledger keeps older
    ones. `output` is needed where the workgroup names no place for results, or manages them itself.
    `max_usd_per_run` is what one sync may spend here: a query that may cost more than what is left is not
    begun where its size is known before, one that does is stopped, as it is after `deadline_minutes`.
    `result_reuse_minutes` is for repeated checks of one delivery only. `tag_columns` and `cost_categories` are
    as for `cur`."""

    kind: Literal["athena"] = "athena"
    table: Name
    months: int = 14
    tag_columns: tuple[str, ...] = ("workload", "team", "environment", "cost_center")
    cost_categories: bool = False
    tables: ClassVar[tuple[str, ...]] = ("usage", "shapes", "tag_sets", "accounts", "notes", "reach")

    @property
    def name(self) -> str:
        return f"athena:{self.database}.{self.table}"

    def deliveries(self, reading: Reading) -> list[Delivery]:
        export = self._export(reading)
        signatures = self._signatures(export)
        if not signatures:
            raise AwsError(
                f"{self.name}: no billing period since {export.since}; AWS delivers within a day of creating the "
                "export; afterwards let its crawler run",
                "NoPeriods",
            )
        return [
            Delivery(
                source=self.name,
                kind=self.kind,
                partition=period,
                signature=signature,
                files=(),
                origin=f"{self.name} {period}",
            )
            for period, signature in signatures.items()
        ]

    def load(self, con: duckdb.DuckDBPyConnection, delivery: Delivery, reading: Reading) -> Delivery:
        period = delivery.partition
        export = self._export(reading)
        engine = Engine(self, reading, self.name)
        before = self._state(export, engine, period)
        for table in self.tables:
            con.execute(sqlfile.read("ledger", table).sql)
        cur = dialect.lines(
            export.described.table, period, tag_columns=self.tag_columns, cost_categories=self.cost_categories
        )
        self._read(con, engine, dialect.render("usage", cur=cur), before.size)
        control = self._control(con, engine, cur, before)
        if self._state(export, engine, period) != before:
            raise AwsError(
                f"{self.name}: {period} was being rewritten while it was read; nothing of it is stored, the next "
                "sync reads it",
                "Rewritten",
            )
        self._prove(con, control, period, before)
        _query(con, "reach", last_hour=control.last_hour)
        for note in [
            *spelling.missing(list(export.described.table.columns)),
            *([BLIND] if export.blind else []),
        ]:
            con.execute("insert into notes values (?)", [note])
        return delivery.model_copy(update={"signature": before.signature})

    def _export(self, reading: Reading) -> Export:
        services = Services(reading.aws, self.region, self.role_arn)
        described = describe(self, services, self.table)
        if described is None:
            raise AwsError(
                f"{self.name}: there is no such table in {self.catalog}; check `database`, `table` and `region` in "
                "[[sources]]",
                "NoTable",
            )
        return Export(described, services, reading.now, self.months)

    def _signatures(self, export: Export) -> dict[str, str]:
        """Per period: another one when AWS rewrites it, when the table's columns change, or these settings."""
        cur = dialect.lines(
            export.described.table,
            "2026-01",
            tag_columns=self.tag_columns,
            cost_categories=self.cost_categories,
        )
        return {period: _hash(FORMAT, cur, version) for period, version in export.periods().items()}

    def _state(self, export: Export, engine: Engine, period: str) -> State:
        self._refuse_updating(export.described, engine)
        signature = self._signatures(export).get(period)
        if signature is None:
            raise AwsError(f"{self.name}: {period} is gone since it was listed; run the sync again", "Gone")
        return State(signature, export.objects(period))

    def _refuse_updating(self, described: Described, engine: Engine) -> None:
        if not described.legacy:
            return
        status = describe(self, engine.services, STATUS)
        if status is None:
            return
        sql = dialect.render("status", status_table=dialect.only(status.table, "status"))
        said = {str(row[0]) for row in engine.rows(sql)}
        if said - {"READY"}:
            raise AwsError(
                f"{self.name}: AWS is rewriting the report ({', '.join(sorted(said))} in {STATUS}); what the ledger "
                "holds of it stays, the next sync reads it",
                "Updating",
            )

    def _read(self, con: duckdb.DuckDBPyConnection, engine: Engine, select: str, at_most: int | None) -> None:
        cache = engine.reading.cache / "athena"
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as directory:
            files = engine.parquet(select, Path(directory), at_most=at_most)
            if not files:
                return
            _query(con, "lines", files=files)
        for step in ("usage", "shapes", "tag_sets", "accounts"):
            _query(con, step)

    def _control(self, con: duckdb.DuckDBPyConnection, engine: Engine, cur: str, state: State) -> Control:
        codes = dialect.values("code", (row[0] for row in _query(con, "codes")))
        sql = dialect.render("control", cur=cur, codes=codes)
        version = f"\n/* {state.signature} */"  # a result of another version is never taken for this one
        return Control(*engine.rows(sql + version, at_most=state.size, reuse=True)[0])

    def _prove(self, con: duckdb.DuckDBPyConnection, control: Control, period: str, state: State) -> None:
        """The rows kept are the rows billed, counted in two scans that share nothing but the codes."""
        if control.lines_of_all_services == 0 and state.size:
            raise AwsError(
                f"{self.name}: S3 has {period}, and the table shows no line of it: its partition is missing; let the "
                "crawler run, or `MSCK REPAIR TABLE`",
                "NoPartition",
            )
        kept = _query(con, "read")[0]
        if kept != (control.lines, control.gross_usd):
            raise ReconciliationError(
                f"{self.name} {period}: {control.lines} lines of ${control.gross_usd} are billed, {kept[0]} of "
                f"${kept[1]} were read; nothing is stored. This is a fault in finops: please report it with the "
                "table's columns"
            )


class State(NamedTuple):
    """What a period is like while it is read: the same before and after, or it was rewritten."""

    signature: str
    objects: Objects | None

    @property
    def size(self) -> int | None:
        return self.objects.size if self.objects else None


class Control(NamedTuple):
    last_hour: Any
    lines_of_all_services: int
    lines: int
    gross_usd: Decimal


def _query(con: duckdb.DuckDBPyConnection, name: str, **values: Any) -> list[tuple[Any, ...]]:
    query = sqlfile.read("sources", "athena", name)
    try:
        return con.execute(query.sql, query.bind(**values)).fetchall()
    except duckdb.Error as exc:
        raise SourceError(
            f"athena: {name}: what Athena wrote cannot be read: {str(exc).splitlines()[0]}; run it again"
        ) from exc


def _hash(*told: str) -> str:
    return hashlib.sha256("\0".join(told).encode()).hexdigest()[:32]
