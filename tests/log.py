"""What invocation logs and CloudWatch tell, as a source of a home: a few words per row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal

import duckdb
from bill import ACCOUNT
from home import NOW, Home

from finops import config, pipeline, sqlfile
from finops.model import Delivery, Value
from finops.pipeline import Synced
from finops.sources import Reading

HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
Row = dict[str, Any]


def call(at: str = "2026-10-05 10:00", **columns: Any) -> Row:
    """An hour of calls of Claude Haiku, in the words of queries/ledger/calls.sql; keywords that are no column
    of it are request metadata."""
    row: Row = {
        "hour": f"{at}:00", "account_id": ACCOUNT, "region": "us-east-1", "operation": "Converse", "model_id": HAIKU,
        "principal": None, "service_tier": None, "error": None, "calls": 1, "counted": 1, "sessions": 1,
        "max_calls_per_session": 1, "input_tokens": None, "output_tokens": None, "cache_read_tokens": None,
        "cache_write_tokens": None,
    }  # fmt: skip
    own = {name: value for name, value in columns.items() if name in row}
    told = columns.pop("metadata", {}) | {
        k: v for k, v in columns.items() if k not in row and k != "metadata"
    }
    return row | own | {"metadata": told}


def runs(name: str, times: float, at: str = "2026-10-05 10:00", **columns: Any) -> Row:
    """An hour of invocations of a function."""
    return {
        "hour": f"{at}:00", "account_id": ACCOUNT, "region": "us-east-1", "namespace": "AWS/Lambda",
        "metric": "Invocations", "dimension": "FunctionName", "resource": name, "sum": times, "samples": times,
    } | columns  # fmt: skip


def executions(arn: str, times: float, at: str = "2026-10-05 10:00") -> Row:
    return runs(
        arn, times, at, namespace="AWS/States", metric="ExecutionsStarted", dimension="StateMachineArn"
    )


class Log(Value):
    """Rows of `table`, one delivery a day; another signature whenever they are others."""

    kind: Literal["log"] = "log"
    rows: tuple[Row, ...]
    table: Literal["calls", "datapoints"] = "calls"
    tables: ClassVar[tuple[str, ...]] = ("calls", "datapoints")

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.table}"

    def deliveries(self, reading: Reading) -> list[Delivery]:
        days = sorted({row["hour"][:10] for row in self.rows})
        return [
            Delivery(
                source=self.name,
                kind=self.kind,
                partition=day,
                files=(),
                origin=day,
                signature=json.dumps(self.of(day)),
            )
            for day in days
        ]

    def of(self, day: str) -> list[Row]:
        return [row for row in self.rows if row["hour"].startswith(day)]

    def load(self, con: duckdb.DuckDBPyConnection, delivery: Delivery, reading: Reading) -> Delivery:
        for table in self.tables:
            con.execute(sqlfile.read("ledger", table).sql)
        con.execute(
            f"insert into {self.table} by name select unnest(from_json(?, ?), max_depth := 2)",
            [json.dumps(self.of(delivery.partition)), json.dumps([_structure(con, self.table)])],
        )
        return delivery


def _structure(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    given = {*call(), *runs("", 1)}
    return {name: kind for name, kind, *_ in con.execute(f"describe {table}").fetchall() if name in given}


def sync(home: Home, *rows: Sequence[Row], now: datetime = NOW, **options: Any) -> Synced:
    """A sync of the home's own sources and of these rows of calls or datapoints."""
    told = [row for some in rows for row in some]
    calls = tuple(row for row in told if "model_id" in row)
    points = tuple(row for row in told if "model_id" not in row)
    settings = config.read(home.path, {})
    more = [Log(rows=some, table=table) for table, some in (("calls", calls), ("datapoints", points)) if some]
    settings = settings.model_copy(update={"sources": (*settings.sources, *more)})
    return pipeline.sync(home.path, settings, now, **options)
