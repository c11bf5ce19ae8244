"""What is wrong with a bill that could not be read: the file, and where it can be told the row and the value."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from finops import sqlfile
from finops.errors import SourceError
from finops.model import Delivery
from finops.sources.cur import spelling
from finops.sources.cur.opened import open_files

_TIME = "a time such as 2026-11-20T09:00:00Z"
_DOLLARS = "dollars, a plain number below a trillion"
_MAP = "a JSON object"
EXPECTED = {
    "period_start": _TIME,
    "usage_start": _TIME,
    "amount": "a quantity, a plain number below 10^26",
    "gross": _DOLLARS,
    "net": _DOLLARS,
    "list": _DOLLARS,
    "product": _MAP,
    "resource_tags": _MAP,
    "tags": _MAP,
    "cost_category": _MAP,
}


def explain(
    con: duckdb.DuckDBPyConnection, delivery: Delivery, codes: Sequence[str], cause: duckdb.Error
) -> SourceError:
    """The error to raise for `cause`; an error over many files names none, so each is asked by itself."""
    for file in delivery.files:
        try:
            wrong = _wrong_value(con, file, codes)
            if wrong is None and not isinstance(cause, duckdb.ConversionException):
                open_files(con, [file]).aggregate("max(hash(columns(*)))").fetchall()
        except duckdb.Error as exc:
            return SourceError(
                f"cur: {file}: {_first_line(exc)}; the file is damaged or half copied: copy it again"
            )
        if wrong is not None:
            return SourceError(f"cur: {file}: {wrong}")
    return SourceError(
        f"cur: {delivery.origin}: {_first_line(cause)}; each file and value reads well by itself: an hour may add up "
        "to more than a trillion dollars, or the machine lack memory or disk"
    )


def _wrong_value(con: duckdb.DuckDBPyConnection, file: str, codes: Sequence[str]) -> str | None:
    """The first value of a line of `codes` that the ledger cannot hold, in words."""
    opened = open_files(con, [file])
    spelling.cells(opened).create_view("cur_cells", replace=True)
    query = sqlfile.read("sources", "cur", "unreadable")
    for row, ours, value in con.execute(query.sql, query.bind(codes=list(codes))).fetchall():
        place = f"row {row}" if file.endswith(".parquet") else f"row {row} below the header"
        told = "empty" if value is None else repr(value)
        return (
            f"{place}: {spelling.spelled(opened.columns, ours)} is {told}, where the ledger needs "
            f"{EXPECTED[ours]}; AWS writes no such value: copy the file again as it was, or correct the row"
        )
    return None


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0]
