"""The expectation, computed once for all rules of one check, of the days that they judge.

Temporary views stand before the views of the same names; the statements are the views' own files. A view
that reads another one reads what was published, so whatever stands on these is made anew as well. What is
asked for oftest is kept as a table; days further back are there too, and computed when somebody asks.
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from finops.metrics import MetricHeader
from finops.sqlfile import QUERIES, load, read

# Days before a scored one: two months of misses, each against four weeks, whose weekdays six weeks and a week weigh.
PAST = 62 + 28 + 49
DAY_BEFORE = 2  # rules look at the day before the one they judge; one more to spare
LEVEL = 9  # days back to the first of the seven that make a level


def prepare(con: duckdb.DuckDBPyConnection, first: date, *, lately: bool = False) -> None:
    """For rules that judge days from `first` on. `lately`: none of them asks what was expected long before."""
    on_one_thread(con)
    _run(con, "series_since", since=first - timedelta(days=PAST))
    for view in ("line_series", "series_spans", "series_amounts"):
        con.execute(f"create or replace temp table {view} as {_statement(view)}")
    look(con, "series_daily")
    expect(con, first - timedelta(days=DAY_BEFORE))
    if lately:
        con.execute("create or replace temp view expected_daily as from expected_held")
    else:
        reach_back(con)
    look(con, "deviation_daily")


def on_one_thread(con: duckdb.DuckDBPyConnection) -> None:
    _run(con, "one_thread")


def expect(con: duckdb.DuckDBPyConnection, since: date) -> None:
    """The expectation of what series_amounts holds, from `since` on, as the table expected_held."""
    con.execute(f"create or replace temp table lists_held as {_statement('series_lists')}")
    _run(con, "lately", since=since - timedelta(days=LEVEL))
    con.execute("create or replace temp view series_lists as from lists_lately")
    con.execute(
        f"create or replace temp table expected_held as from ({_statement('expected_daily')}) where day >= $since",
        {"since": since},
    )
    con.execute("create or replace temp view series_lists as from lists_held")
    _run(con, "expected_since", since=since)


def reach_back(con: duckdb.DuckDBPyConnection, name: str = "expected_daily") -> None:
    """The view `name` of what is held, and of the days before it, which are computed when somebody asks."""
    con.execute(
        f"create or replace temp view {name} as from expected_held union all"
        f" from ({_statement('expected_daily')}) where day < getvariable('expected_since')"
    )


def look(con: duckdb.DuckDBPyConnection, view: str) -> None:
    """A temporary view that stands before the view, upon what is temporary."""
    con.execute(f"create or replace temp view {view} as {_statement(view)}")


def _run(con: duckdb.DuckDBPyConnection, name: str, **values: date) -> None:
    query = read("expectation", name)
    con.execute(query.sql, query.bind(**values))


def _statement(view: str) -> str:
    return load(QUERIES / "metrics" / f"{view}.sql", MetricHeader)[0].sql
