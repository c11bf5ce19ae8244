"""The catalogue: one read-only DuckDB file per generation, built from the record and swapped in whole.

A run copies the last generation, replaces what changed, names every identity, proves that no dollar
was lost and makes the views; then the symlink `finops.duckdb` moves to the new file. Readers open it
at any moment and are never blocked. The file is written so that DuckDB 1.4 and later can open it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from finops import __version__, metrics, sqlfile
from finops.attribute import Naming, name_identities, prepare
from finops.classify import Shape, classify, model_of
from finops.errors import LedgerError, ReconciliationError
from finops.ledger import Ledger, Record, Stored, no_room, sync
from finops.model import Value

SCHEMA = 1  # of the catalogue's tables; another number rebuilds it from the record
STORAGE = "v1.4.0"
KEEP = 3  # generations that a slow reader may still have open
TABLES = (
    "deliveries", "delivery_notes", "kinds", "tag_sets", "identities", "lines", "billed_daily", "accounts",
    "datapoints", "resources", "throughputs", "book_prices", "model_ids", "workload_units", "settings",
    "restated", "meta",
)  # fmt: skip
LOADED = {  # a source's table -> the catalogue's table that it fills as it is
    "notes": "delivery_notes",
    "accounts": "accounts",
    "datapoints": "datapoints",
    "resources": "resources",
    "commitments": "throughputs",
    "prices": "book_prices",
}


class WorkloadUnit(Value):
    """What one query of a workload is: a Bedrock invocation, or a unit of its own."""

    workload: str
    namespace: str
    resource: str | None


class Built(Value):
    """A catalogue that is whole and proven, and that nobody sees yet."""

    temporary: Path
    target: Path
    restated_days: int


def build(
    ledger: Ledger,
    record: Record,
    naming: Naming,
    units: Sequence[WorkloadUnit],
    production: Sequence[str],
    views: Sequence[Path],
    now: datetime,
) -> Built:
    """Build generation `record.generation` beside the published one.

    Raises ReconciliationError or LedgerError; then nothing of it is left.
    """
    target = ledger.catalogue(record.generation)
    temporary = target.with_suffix(".tmp")
    try:
        _start_from_last(ledger, temporary)
        with _attached(temporary) as con:
            restated = Build(con, ledger, record, now).run(naming, units, production, views)
        temporary.chmod(0o444)
        sync(temporary)
    except BaseException as exc:
        temporary.unlink(missing_ok=True)
        Path(f"{temporary}.wal").unlink(missing_ok=True)
        if isinstance(exc, OSError | duckdb.IOException):
            raise no_room(temporary, exc) from exc
        raise
    return Built(temporary=temporary, target=target, restated_days=restated)


def swap(ledger: Ledger, built: Built) -> None:
    """Make a built catalogue the one that readers open from now on. Older ones go after a grace period."""
    link = ledger.link.with_suffix(".new")
    try:
        os.replace(built.temporary, built.target)
        link.unlink(missing_ok=True)
        link.symlink_to(built.target.relative_to(ledger.home))
        os.replace(link, ledger.link)
        sync(ledger.catalogues)
        sync(ledger.home)
    except OSError as exc:
        raise no_room(built.target, exc) from exc
    for old in sorted(ledger.catalogues.glob("finops-*.duckdb"))[:-KEEP]:
        old.unlink()


def _start_from_last(ledger: Ledger, temporary: Path) -> None:
    for leftover in ledger.catalogues.glob("*.tmp*"):  # of a run that was killed
        leftover.unlink()
    if not ledger.link.exists():
        return
    with contextlib.suppress(duckdb.Error), duckdb.connect(str(ledger.link.resolve()), read_only=True) as con:
        if con.execute("select schema_version from meta").fetchall() == [(SCHEMA,)]:
            shutil.copyfile(ledger.link, temporary)


@contextlib.contextmanager
def _attached(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database with the catalogue attached: scratch tables never reach the file."""
    with duckdb.connect(config={"preserve_insertion_order": "false"}) as con:
        place = str(path).replace("'", "''")
        con.execute(f"attach '{place}' as catalogue (storage_version '{STORAGE}')")
        yield con
        con.execute("use memory")
        con.execute("detach catalogue")  # checkpoints


class Build:
    """One catalogue in the making; `con` has it attached as `catalogue`."""

    def __init__(self, con: duckdb.DuckDBPyConnection, ledger: Ledger, record: Record, now: datetime) -> None:
        self.con = con
        self.ledger = ledger
        self.record = record
        self.now = now

    def run(
        self, naming: Naming, units: Sequence[WorkloadUnit], production: Sequence[str], views: Sequence[Path]
    ) -> int:
        """Returns the number of days whose dollars changed."""
        self._tables()
        prepare(self.con, naming)
        self._query("totals_before")
        gone, changed = self._differences()
        self._replace([s for s in changed if "usage" not in s.tables], gone)
        self._query("resource_versions")
        self._query("no_tags")
        self._query("add_inventory_identities")
        inventory_key = str(self._query("inventory_key")[0][0])
        usage = [s for s in changed if "usage" in s.tables]
        if inventory_key != self._last("inventory_key"):
            usage = [s for s in self.record.stored.values() if "usage" in s.tables]
        self._replace(usage, [])
        self._classify()
        name_identities(self.con)
        self.check()
        self._describe(units, production)
        restated = self._restate()
        for step in ("marks", "resource_names"):
            self._query(step)
        self._meta(inventory_key)
        self.con.execute("use catalogue")
        metrics.create_views(self.con, views)
        return restated

    def _tables(self) -> None:
        self.con.execute("use catalogue")
        existing = {row[0] for row in self.con.execute("select table_name from duckdb_tables()").fetchall()}
        for table in TABLES:
            if table not in existing:
                self.con.execute(sqlfile.read("catalogue", table).sql)
        metrics.drop_views(self.con)
        self.con.execute("use memory")

    def _last(self, column: str) -> Any:
        rows = self.con.table("catalogue.meta").select(column).fetchall()
        return rows[0][0] if rows else None

    def _differences(self) -> tuple[list[int], list[Stored]]:
        """Deliveries that the catalogue holds and the record does not, and the other way round."""
        rows = self.con.execute(
            "select delivery_id, source || '/' || partition, generation from catalogue.deliveries"
        ).fetchall()
        held = {key: generation for _, key, generation in rows}
        current = {key: stored.generation for key, stored in self.record.stored.items()}
        gone = [number for number, key, generation in rows if current.get(key) != generation]
        return gone, [
            stored for key, stored in self.record.stored.items() if held.get(key) != stored.generation
        ]

    def _replace(self, incoming: Sequence[Stored], gone: Sequence[int]) -> None:
        keys = [stored.key for stored in incoming]
        again = self.con.execute(
            "select delivery_id from catalogue.deliveries where source || '/' || partition in (select unnest(?))",
            [keys],
        ).fetchall()
        stale = [*gone, *(delivery_id for (delivery_id,) in again)]
        for table in ("deliveries", "lines", "billed_daily", *LOADED.values()):
            self.con.execute(
                f"delete from catalogue.{table} where delivery_id in (select unnest(?))", [stale]
            )
        for stored in incoming:
            self._load(stored)

    def _load(self, stored: Stored) -> None:
        delivery = stored.delivery
        number = self.con.execute(
            "select coalesce(max(delivery_id), 0) + 1 from catalogue.deliveries"
        ).fetchall()[0][0]
        self.con.execute(
            "insert into catalogue.deliveries values (?, ?, ?, ?, ?, ?, ?)",
            [number, delivery.source, delivery.kind, delivery.partition, delivery.origin, delivery.signature,
             stored.generation],
        )  # fmt: skip
        for table, file in stored.tables.items():
            self.con.read_parquet(str(self.ledger.root / file)).create_view(f"{table}_read", replace=True)
        for table in stored.tables.keys() & LOADED.keys():
            self.con.execute(
                f"insert into catalogue.{LOADED[table]} by name select ?::uinteger as delivery_id, * from {table}_read",
                [number],
            )
        if "usage" in stored.tables:
            for step in ("kinds_in", "add_kinds", "tag_sets_in", "add_tag_sets", "usage_in", "add_identities",
                         "identities_of_lines", "add_lines", "add_billed"):  # fmt: skip
                self._query(step, delivery_id=number)

    def _classify(self) -> None:
        """Every kind anew: a few hundred, and the code may have learned."""
        fields = tuple(Shape.model_fields)
        rows = self._query("unread_kinds")
        answers = []
        for kind_id, *shape in rows:
            read = classify(Shape(**dict(zip(fields, shape, strict=True))))
            answers.append(
                [read.provider, read.model, read.family, read.tier, read.token_kind, read.service_tier, read.scope,
                 read.charge, read.tokens_per_unit, read.disagreement, read.unclassified, kind_id]
            )  # fmt: skip
        if answers:
            self.con.executemany(sqlfile.read("publish", "classify_kind").sql, answers)

    def check(self) -> None:
        """No double delivery, one currency, and attributed = billed to the last decimal; or nothing is published."""
        for period, payer, origins in self._query("doubles"):
            raise LedgerError(
                f"billing period {period} of payer {payer} is delivered by {' and '.join(origins)}; every dollar would "
                'count twice: remove one of these [[sources]], or choose with `export = "..."`'
            )
        currencies = self._query("currencies")
        if len(currencies) > 1:
            found = "; ".join(
                f"{lines} lines in {c}, first in {period} ({o})" for c, period, o, lines in currencies
            )
            raise LedgerError(
                f"{found}: amounts of two currencies are never added; give each currency a --home of its own"
            )
        lost = self._query("unreconciled")
        if lost:
            rows = "; ".join(
                f"{day} account {a} {kind}: billed {b}, attributed {x}" for day, a, kind, b, x in lost[:5]
            )
            raise ReconciliationError(
                f"attributed dollars are not the billed ones, nothing is published: {rows}"
            )

    def _describe(self, units: Sequence[WorkloadUnit], production: Sequence[str]) -> None:
        for table in ("workload_units", "settings", "model_ids"):
            self.con.execute(f"delete from catalogue.{table}")
        self.con.execute("insert into catalogue.settings values (?)", [list(production)])
        if units:
            rows = [[u.workload, u.namespace, u.resource] for u in units]
            self.con.executemany("insert into catalogue.workload_units values (?, ?, ?)", rows)
        models = [(model_id, model_of(model_id)) for (model_id,) in self._query("foreign_model_ids")]
        known = [[model_id, m.name, m.family, m.tier] for model_id, m in models if m is not None]
        if known:
            self.con.executemany("insert into catalogue.model_ids values (?, ?, ?, ?)", known)

    def _restate(self) -> int:
        """Keep what changed on days that had been read before."""
        self._query("add_restatements", generation=self.record.generation, now=self.now)
        return int(self._query("count_restatements", generation=self.record.generation)[0][0])

    def _meta(self, inventory_key: str) -> None:
        self._query(
            "meta",
            schema_version=SCHEMA,
            generation=self.record.generation,
            published_at=self.now.replace(tzinfo=None),
            finops_version=__version__,
            duckdb_version=duckdb.__version__,
            inventory_key=inventory_key,
        )

    def _query(self, name: str, **values: Any) -> list[tuple[Any, ...]]:
        query = sqlfile.read("publish", name)
        return self.con.execute(
            query.sql, query.bind(**{k: v for k, v in values.items() if k in query.names})
        ).fetchall()
