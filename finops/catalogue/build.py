"""The catalogue in the making: what the record holds, named, proven and described, in one DuckDB file.

The catalogue is attached as `catalogue` to an in-memory database, where scratch tables live. It starts
from the last generation or from nothing; either way the same record gives the same rows.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from finops import __version__, metrics, sqlfile
from finops.attribute.names import Naming, name_identities, prepare
from finops.attribute.shares import know_callers, share_lines
from finops.classify import Shape, classify, model_of
from finops.declared.budgets import Budget
from finops.declared.workloads import Workload
from finops.errors import LedgerError, ReconciliationError
from finops.ledger import Record, sync
from finops.model import Stored, Value

SCHEMA = 7  # of the catalogue's tables; another number rebuilds it from the record
TABLES = (
    "deliveries", "delivery_notes", "kinds", "tag_sets", "identities", "lines", "billed_daily", "accounts",
    "datapoints", "resources", "throughputs", "book_prices", "model_ids", "registry", "declared_budgets", "settings",
    "reach", "restated", "marks", "meta", "collections", "calls", "unreachable", "callers", "splits",
)  # fmt: skip
LOADED = {  # a source's table -> the catalogue's table that it fills as it is
    "notes": "delivery_notes",
    "accounts": "accounts",
    "datapoints": "datapoints",
    "resources": "resources",
    "commitments": "throughputs",
    "prices": "book_prices",
    "reach": "reach",
    "collections": "collections",
    "calls": "calls",
}
DELIVERED = ("deliveries", "lines", "billed_daily", "splits", *LOADED.values())


def attach(con: duckdb.DuckDBPyConnection, file: Path, name: str, options: str) -> None:
    place = str(file).replace("'", "''")
    con.execute(f"attach '{place}' as {name} ({options})")


class Plan(Value):
    """The part of the configuration that the catalogue speaks of; `views` are directories of more metrics."""

    naming: Naming = Naming()
    workloads: tuple[Workload, ...] = ()
    budgets: tuple[Budget, ...] = ()
    production: tuple[str, ...] = ()
    views: tuple[Path, ...] = ()


class Catalogue:
    """`root` is the ledger's directory; `con` has the catalogue attached as `catalogue`."""

    def __init__(self, con: duckdb.DuckDBPyConnection, root: Path, record: Record, now: datetime) -> None:
        self.con = con
        self.root = root
        self.record = record
        self.now = now

    def bring_up_to_date(self, plan: Plan, last: Path | None = None) -> int:
        """Make it hold what the record holds. Returns the number of days whose bill changed since the file `last`
        that readers have, or since what the catalogue starts from."""
        views_key = metrics.fingerprint(plan.views)
        renewed = self._tables(views_key)
        self._history(self._totals_before(last))
        prepare(self.con, plan.naming)
        self._query("billed_resources")
        gone, changed = self._differences()
        self._replace([s for s in changed if "usage" not in s.tables], gone)
        self._query("resource_versions")
        self._query("no_tags")
        self._query("add_inventory_identities")
        usage = [s for s in changed if "usage" in s.tables]
        if self._inventory_key() != self._last("inventory_key"):
            usage = [s for s in self.record.stored.values() if "usage" in s.tables]
        self._replace(usage, [])
        self._query("line_classes")
        self._classify()
        self._know_models()
        know_callers(self.con)
        name_identities(self.con)
        share_lines(self.con)
        self.check()
        self._describe(plan)
        restated = self._restate()
        for step in ("marks", "resource_names"):
            self._query(step, now=self.now.replace(tzinfo=None))
        self._query("billed_resources")
        self._meta(self._inventory_key(), views_key)
        self.con.execute("use catalogue")
        if renewed:
            metrics.create_views(self.con, plan.views)
        return restated

    def _tables(self, views_key: str) -> bool:
        """Make the tables that are not there. Returns whether views are, or read, others than were published last;
        if so they are gone."""
        self.con.execute("use catalogue")
        existing = {row[0] for row in self.con.execute("select table_name from duckdb_tables()").fetchall()}
        for table in TABLES:
            if table not in existing:
                self.con.execute(sqlfile.read("catalogue", table).sql)
        renewed = bool(self._last("views_key") != views_key)
        if renewed:
            metrics.drop_views(self.con)
            metrics.create_early(self.con, "counted_hourly")
        self.con.execute("use memory")
        return renewed

    def _totals_before(self, last: Path | None) -> int | None:
        """Dollars as readers have them. Returns the generation that says so; None where there is none."""
        self.con.execute("use catalogue")
        self._query("totals_before")
        generation: int | None = self._last("generation")
        if last is not None:
            with contextlib.suppress(duckdb.Error):  # damaged: there is nothing to compare with
                attach(self.con, last, "published", "read_only")
                self.con.execute("use published")
                self._query("totals_before")
                generation = self.con.table("published.meta").select("generation").fetchall()[0][0]
        self.con.execute("use memory")
        return generation

    def _history(self, published: int | None) -> None:
        """Restatements are the only rows that no source can give again, so they are kept beside the record. Those
        above the published generation are of attempts that nobody saw: they go, and their changes are found again."""
        kept = sorted((self.root / "restatements").glob("g*.parquet"))
        if published is not None:
            for unseen in [path for path in kept if int(path.stem[1:]) > published]:
                unseen.unlink()
                kept.remove(unseen)
        if kept and not self.con.execute("select 1 from catalogue.restated limit 1").fetchall():
            self.con.read_parquet(list(map(str, kept)), union_by_name=True).create_view(
                "restated_read", replace=True
            )
            self.con.execute(
                "insert into catalogue.restated by name from restated_read where generation < ?",
                [self.record.generation],
            )

    def _last(self, column: str) -> Any:
        rows = self.con.table("catalogue.meta").select(column).fetchall()
        return rows[0][0] if rows else None

    def _differences(self) -> tuple[list[int], list[Stored]]:
        """Deliveries that the catalogue holds and the record does not, and the other way round."""
        rows = self.con.execute(
            "select delivery_id, source || '/' || partition, generation, signature from catalogue.deliveries"
        ).fetchall()
        held = {key: (generation, signature) for _, key, generation, signature in rows}
        current = {key: (s.generation, s.delivery.signature) for key, s in self.record.stored.items()}
        gone = [number for number, key, *version in rows if current.get(key) != tuple(version)]
        return gone, [stored for key, stored in self.record.stored.items() if held.get(key) != current[key]]

    def _replace(self, incoming: Sequence[Stored], gone: Sequence[int]) -> None:
        keys = [stored.key for stored in incoming]
        again = self.con.execute(
            "select delivery_id from catalogue.deliveries where source || '/' || partition in (select unnest(?))",
            [keys],
        ).fetchall()
        stale = [*gone, *(delivery_id for (delivery_id,) in again)]
        for table in DELIVERED:
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
            self.con.read_parquet(str(self.root / file)).create_view(f"{table}_read", replace=True)
        for table in stored.tables.keys() & LOADED.keys():
            self.con.execute(
                f"insert into catalogue.{LOADED[table]} by name select ?::uinteger as delivery_id, * from {table}_read",
                [number],
            )
        if "usage" in stored.tables:
            self._load_usage(number)

    def _inventory_key(self) -> str:
        """Lines found their version of a resource by these versions; by others they must be loaded anew."""
        return str(self._query("inventory_key")[0][0])

    def _load_usage(self, delivery_id: int) -> None:
        """Lines under catalogue ids."""
        for step in ("kinds_in", "add_kinds", "tag_sets_in", "add_tag_sets", "usage_in", "add_identities",
                     "identities_of_lines"):  # fmt: skip
            self._query(step)
        for step in ("add_lines", "add_billed"):
            self._query(step, delivery_id=delivery_id)

    def _classify(self) -> None:
        """Every kind anew: a few hundred, and the code may have learned."""
        fields = tuple(Shape.model_fields)
        answers = [
            {"kind_id": kind_id} | classify(Shape(**dict(zip(fields, shape, strict=True)))).model_dump()
            for kind_id, *shape in self._query("unread_kinds")
        ]
        self._query("classify_kinds", rows=json.dumps(answers))

    def _know_models(self) -> None:
        """Model ids that logs, metrics and the inventory use, in the words of the bill."""
        self.con.execute("delete from catalogue.model_ids")
        models = [(model_id, model_of(model_id)) for (model_id,) in self._query("foreign_model_ids")]
        known = [[model_id, m.name, m.family, m.tier] for model_id, m in models if m is not None]
        if known:
            self.con.executemany("insert into catalogue.model_ids values (?, ?, ?, ?)", known)

    def check(self) -> None:
        """No double delivery, one currency, and attributed = billed to the last decimal; or nothing is published."""
        for period, payer, origins in self._query("doubles"):
            raise LedgerError(
                f"billing period {period} of payer {payer} is delivered by {' and '.join(origins)}; every dollar would "
                'count twice: remove one of these files or [[sources]], or choose with `export = "..."`. Parts of one '
                "bill are `<name>-00001`, `<name>-00002` ... in one directory"
            )
        for account, region, day, one, other in self._query("double_calls"):
            raise LedgerError(
                f"the log of {account} in {region} on {day} is told by {one} and by {other} alike; every call would "
                "count twice: remove one of these [[sources]], or let neither path hold the other's"
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

    def _describe(self, plan: Plan) -> None:
        for table in ("registry", "declared_budgets", "settings", "unreachable"):
            self.con.execute(f"delete from catalogue.{table}")
        if self.record.unreachable:
            self.con.executemany(
                "insert into catalogue.unreachable values (?, ?)", list(self.record.unreachable.items())
            )
        self.con.execute("insert into catalogue.settings values (?)", [list(plan.production)])
        if plan.workloads:
            declared = [
                [w.name, w.team, w.environments, w.models, w.namespace, w.resource] for w in plan.workloads
            ]
            self.con.executemany("insert into catalogue.registry values (?, ?, ?, ?, ?, ?)", declared)
        if plan.budgets:
            rows = [budget.row for budget in plan.budgets]
            self.con.executemany(
                "insert into catalogue.declared_budgets values (?, ?, ?, ?, ?, ?, ?, ?)", rows
            )

    def _restate(self) -> int:
        """Keep what changed on days that had been read before, here and beside the record."""
        generation = self.record.generation
        self._query("add_restatements", generation=generation, now=self.now.replace(tzinfo=None))
        rows, days = self._query("count_restatements", generation=generation)[0]
        if rows:
            path = self.root / "restatements" / f"g{generation:06d}.parquet"
            path.parent.mkdir(exist_ok=True)
            mine = duckdb.ColumnExpression("generation") == duckdb.ConstantExpression(generation)
            self.con.table("catalogue.restated").filter(mine).write_parquet(str(path))
            sync(path)
            sync(path.parent)
        return int(days)

    def _meta(self, inventory_key: str, views_key: str) -> None:
        self._query(
            "meta",
            schema_version=SCHEMA,
            generation=self.record.generation,
            published_at=self.now.replace(tzinfo=None),
            finops_version=__version__,
            duckdb_version=duckdb.__version__,
            inventory_key=inventory_key,
            views_key=views_key,
        )

    def _query(self, name: str, **values: Any) -> list[tuple[Any, ...]]:
        query = sqlfile.read("publish", name)
        return self.con.execute(
            query.sql, query.bind(**{k: v for k, v in values.items() if k in query.names})
        ).fetchall()
