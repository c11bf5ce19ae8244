"""The expectation, computed once for all rules of one check, of as many days as they may look at.

Temporary tables stand before the views of the same names; the statements are the views' own files. A view
that reads another one reads what was published, so whatever stands on these is made anew as well.
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from finops.sqlfile import QUERIES, Header, load

SCORED = 62  # days before a scored one: the memory of the last two months
LEVEL = 28  # before that: four weekdays make a level
WEEKS = 49  # before that: six weekdays, each in its week
STAGES = {"series_daily": SCORED + LEVEL + WEEKS, "weekday_daily": SCORED + LEVEL, "expected_daily": SCORED}
MADE = (*STAGES, "deviation_daily")


class _Metric(Header):
    grain: str
    columns: dict[str, str]


def prepare(con: duckdb.DuckDBPyConnection, first: date) -> None:
    """For rules that judge days from `first` on."""
    for view, days in STAGES.items():
        keep(con, view, first - timedelta(days=days))
    look(con, "deviation_daily")


def keep(con: duckdb.DuckDBPyConnection, view: str, since: date, name: str = "") -> None:
    """The rows of a view from `since` on, as a temporary table that stands before it, unless it has a `name`."""
    con.execute(
        f"create or replace temp table {name or view} as from ({_statement(view)}) where day >= $since",
        {"since": since},
    )


def look(con: duckdb.DuckDBPyConnection, view: str) -> None:
    """A temporary view that stands before the view, upon what is temporary."""
    con.execute(f"create or replace temp view {view} as {_statement(view)}")


def _statement(view: str) -> str:
    return load(QUERIES / "metrics" / f"{view}.sql", _Metric)[0].sql
