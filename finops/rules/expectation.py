"""The expectation, computed once for all rules of one check, of the days that they judge.

Temporary views stand before the views of the same names; the statements are the views' own files. A view
that reads another one reads what was published, so whatever stands on these is made anew as well. What is
asked for oftest is kept as a table; days further back are there too, and computed when somebody asks.
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from finops.sqlfile import QUERIES, Header, load, read

PAST = (
    139  # days before a scored one: two months of misses, each by four weeks of weekdays that six weeks weigh
)
AGAIN = 2  # the day before counts too where a rule looks at days running
LEVEL = 9  # days that make a level
MADE = ("series_daily", "series_lists", "weekday_daily", "expected_daily", "deviation_daily")


class _Metric(Header):
    grain: str
    columns: dict[str, str]


def prepare(con: duckdb.DuckDBPyConnection, first: date) -> None:
    """For rules that judge days from `first` on."""
    keep(con, "series_daily", "series_daily_held", first - timedelta(days=PAST))
    expect(con, first - timedelta(days=AGAIN))
    look(con, "deviation_daily")


def expect(con: duckdb.DuckDBPyConnection, since: date, name: str = "expected_daily") -> None:
    """The expectation of what series_daily_held holds: kept from `since` on, computed of the days before."""
    con.execute("create or replace temp view series_daily as from series_daily_held")
    con.execute(f"create or replace temp table lists_held as {_statement('series_lists')}")
    lately = read("expectation", "lately")
    con.execute(lately.sql, lately.bind(since=since - timedelta(days=LEVEL)))
    con.execute("create or replace temp view series_lists as from lists_lately")
    con.execute(f"create or replace temp table weekday_held as {_statement('weekday_daily')}")
    con.execute("create or replace temp view weekday_daily as from weekday_held")
    keep(con, "expected_daily", "expected_held", since)
    con.execute("create or replace temp view series_lists as from lists_held")
    look(con, "weekday_daily")
    con.execute(
        f"create or replace temp view {name} as from expected_held"
        f" union all from ({_statement('expected_daily')}) where day < date '{since}'"
    )


def look(con: duckdb.DuckDBPyConnection, view: str) -> None:
    """A temporary view that stands before the view, upon what is temporary."""
    con.execute(f"create or replace temp view {view} as {_statement(view)}")


def keep(con: duckdb.DuckDBPyConnection, view: str, name: str, since: date) -> None:
    """The rows of a view from `since` on, as the temporary table `name`."""
    con.execute(
        f"create or replace temp table {name} as from ({_statement(view)}) where day >= $since",
        {"since": since},
    )


def _statement(view: str) -> str:
    return load(QUERIES / "metrics" / f"{view}.sql", _Metric)[0].sql
