"""The expectation, computed once for all rules of one check, of as many days as they may look at.

Temporary tables stand before the views of the same names; the statements are the views' own files. A view
that reads another one reads what was published, so whatever stands on these is made anew as well.
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from finops.sqlfile import QUERIES, Header, SqlFile, load

SCORED = 62  # days before a scored one: the memory of the last two months
LEVEL = 28  # before that: four weekdays make a level
WEEKS = 49  # before that: six weekdays, each in its week
STAGES = {"series_daily": SCORED + LEVEL + WEEKS, "weekday_daily": SCORED + LEVEL, "expected_daily": SCORED}


class _Metric(Header):
    grain: str
    columns: dict[str, str]


def prepare(con: duckdb.DuckDBPyConnection, first: date) -> None:
    """For rules that judge days from `first` on."""
    for name, days in STAGES.items():
        keep(con, name, first - timedelta(days=days))
    con.execute(f"create or replace temp view deviation_daily as {statement('deviation_daily').sql}")


def keep(con: duckdb.DuckDBPyConnection, name: str, since: date) -> None:
    """The rows of a view from `since` on, as a temporary table that stands before it."""
    sql = statement(name).sql
    con.execute(
        f"create or replace temp table {name} as from ({sql}) where day >= $since order by day",
        {"since": since},
    )


def statement(name: str) -> SqlFile:
    return load(QUERIES / "metrics" / f"{name}.sql", _Metric)[0]
