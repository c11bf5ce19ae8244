"""The expectation, computed once for all rules of one check, of the days that they judge.

Temporary views stand before the views of the same names; the statements are the views' own files. What stands on
others is made anew with them, so that it reads what is temporary whatever DuckDB makes of names.
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
WEEKS = 48 + LEVEL  # days that an expectation is made of: of each day of the level, six weeks and a week
BEFORE = f"""day < getvariable('expected_since')
    and coalesce(day - least({WEEKS}, age_days) >= getvariable('series_since')::date, true)"""


def prepare(con: duckdb.DuckDBPyConnection, first: date, *, for_ours: bool = False) -> None:
    """For rules that judge days from `first` on. `for_ours`: only our own rules ask, which want nothing of long
    before and are many small statements; otherwise, and after them, see `open_up`."""
    _run(con, "series_since", since=first - timedelta(days=PAST))
    if for_ours:
        _run(con, "one_thread")
    for view in ("line_series", "series_spans", "series_amounts"):
        con.execute(f"create or replace temp table {view}_held as {_statement(view)}")
        con.execute(f"create or replace temp view {view} as from {view}_held")
    look(con, "series_daily")
    expect(con, first - timedelta(days=DAY_BEFORE), "expected_amounts")
    con.execute("create or replace temp view expected_amounts as from expected_held")
    look(con, "expected_daily")
    look(con, "deviation_daily")
    if not for_ours:
        open_up(con)


def open_up(con: duckdb.DuckDBPyConnection) -> None:
    """For whoever asks: days before those that are judged, as far as enough is held of the weeks before them, and
    all threads."""
    reach_back(con, "expected_amounts", "expected_amounts")
    look(con, "expected_daily")
    _run(con, "all_threads")


def on_one_thread(con: duckdb.DuckDBPyConnection) -> None:
    _run(con, "one_thread")


def expect(con: duckdb.DuckDBPyConnection, since: date, view: str) -> None:
    """What `view` expects of what series_amounts holds, from `since` on, as the table expected_held."""
    con.execute(f"create or replace temp table lists_held as {_statement('series_lists')}")
    _run(con, "lately", since=since - timedelta(days=LEVEL))
    con.execute("create or replace temp view series_lists as from lists_lately")
    look(con, "expected_amounts")
    con.execute(
        f"create or replace temp table expected_held as from ({_statement(view)}) where day >= $since",
        {"since": since},
    )
    con.execute("create or replace temp view series_lists as from lists_held")
    _run(con, "expected_since", since=since)


def reach_back(con: duckdb.DuckDBPyConnection, view: str, name: str) -> None:
    """As `name`, what is held of `view` and the days before it, which are computed when somebody asks. A day of which
    the weeks before are not held is not there."""
    con.execute(
        f"create or replace temp view {name} as"
        f" from expected_held union all from ({_statement(view)}) where {BEFORE}"
    )


def look(con: duckdb.DuckDBPyConnection, view: str) -> None:
    """A temporary view that stands before the view, upon what is temporary."""
    con.execute(f"create or replace temp view {view} as {_statement(view)}")


def _run(con: duckdb.DuckDBPyConnection, name: str, **values: date) -> None:
    query = read("expectation", name)
    con.execute(query.sql, query.bind(**values))


def _statement(view: str) -> str:
    return load(QUERIES / "metrics" / f"{view}.sql", MetricHeader)[0].sql
