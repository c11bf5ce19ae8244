"""The views that explain, on rows given as a table of facts instead of a bill that was read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

import duckdb

from finops.metrics import MetricHeader
from finops.sqlfile import QUERIES, load

DAY = date(2026, 11, 18)
VIEWS = ("workload_spans", "change_daily", "explain_daily", "drivers_daily")
TABLES = """
create table attributed (
    day date, workload varchar, model varchar, token_kind varchar, charge varchar, environment varchar,
    region varchar, account_id varchar, resource varchar, principal varchar, tokens bigint,
    gross_usd decimal(24, 12), basis varchar, is_spend boolean);
create table requests_hourly (
    day date, workload varchar, account_id varchar, resource varchar, model varchar, namespace varchar,
    requests bigint);
create table registry (workload varchar, namespace varchar, resource varchar);
create table line_classes as select 'Usage' as line_type, true as is_spend;
create view identities as select distinct workload as identity_id, workload from attributed;
create view lines as
    select workload as identity_id, 1 as delivery_id, day::timestamp as hour, 'Usage' as line_type from attributed;
create table marks as select 1 as delivery_id, ?::date as complete_through;
"""


class Line(NamedTuple):
    """Dollars and tokens, `ago` days before DAY. A `kind` that is no token kind is a charge."""

    ago: int
    usd: Any
    tokens: int | None = None
    kind: str = "input"
    model: str | None = "Sonnet"
    workload: str = "w"
    environment: str = "prod"
    region: str = "us-east-1"
    account: str = "111122223333"
    resource: str = "r"
    principal: str | None = None


class Calls(NamedTuple):
    ago: int
    requests: int
    model: str | None = "Sonnet"
    workload: str = "w"
    resource: str = "r"
    namespace: str = "AWS/Bedrock"
    account: str = "111122223333"


def explained(
    lines: Iterable[Line], calls: Iterable[Calls] = (), unit: str = ""
) -> duckdb.DuckDBPyConnection:
    """`unit`: the Lambda function whose runs are the queries of workload `w`."""
    con = duckdb.connect()
    for statement in duckdb.extract_statements(TABLES):
        con.execute(statement, [DAY] if "?" in statement.query else None)
    rows = [
        [DAY - timedelta(days=x.ago), x.workload, x.model, None if x.tokens is None else x.kind,
         x.kind if x.tokens is None else "inference", x.environment, x.region, x.account, x.resource, x.principal,
         x.tokens, str(x.usd), "final", True]
        for x in lines
    ]  # fmt: skip
    _insert(con, "attributed", rows)
    counted = [
        [DAY - timedelta(days=c.ago), c.workload, c.account, c.resource, c.model, c.namespace, c.requests]
        for c in calls
    ]
    _insert(con, "requests_hourly", counted)
    _insert(con, "registry", [["w", "AWS/Lambda", f"arn:aws:lambda:::function:{unit}"]] if unit else [])
    for view in VIEWS:
        file, _ = load(QUERIES / "metrics" / f"{view}.sql", MetricHeader)
        con.execute(f"create view {view} as {file.sql}")
    return con


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[list[Any]]) -> None:
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        con.executemany(f"insert into {table} values ({marks})", rows)


def weeks(**columns: Any) -> list[Line]:
    """The same line on each of the four same weekdays before DAY."""
    return [Line(ago, **columns) for ago in (7, 14, 21, 28)]
