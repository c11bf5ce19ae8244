"""Rungs 5 and 6: lines that nobody's tags name are shared by what the logs and the consumers' own counts say.

Lines of a day that are measured by one count (day, account, region, model, token kind) are a group; who used
how much of it is worked out once, and each of its lines is apportioned in those weights, exactly. The SQL is in
queries/split/.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from finops import sqlfile

_MACROS = ("called_of", "within_reach", "in_parts", "rest_upto", "apportion")
_PLAN = (
    "meters", "parties", "consumers", "line_groups", "groups", "caller_groups", "tellers", "log_weights",
    "consumer_weights", "plan", "evidence", "split_days",
)  # fmt: skip
_APPLY = (
    "split_rows", "split_lines", "shares", "share_spans", "drop_lines", "add_share_identities", "add_shares",
    "drop_evidence", "add_evidence", "forget_shares",
)  # fmt: skip


def know_callers(con: duckdb.DuckDBPyConnection) -> None:
    """Everybody in the invocation logs becomes an identity, to be named like those of the lines."""
    if not _anything(con):
        return
    con.execute("delete from catalogue.callers")
    _run(con, (*_MACROS, "callers_in", "metadata_tags"))
    con.execute(sqlfile.read("publish", "add_tag_sets").sql)
    _run(con, ("add_caller_identities", "add_callers"))


def share_lines(con: duckdb.DuckDBPyConnection) -> None:
    """Share the named catalogue's lines anew on the days of which other things are known than before."""
    if not _anything(con):
        return
    _run(con, (*_MACROS, *_PLAN))
    if con.table("split_days").limit(1).fetchall():
        _run(con, _APPLY)
    _run(con, ("name_shares",))


def _anything(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether there is anything to split by, or anything split: a bill alone costs nothing here."""
    return bool(con.execute(sqlfile.read("split", "anything").sql).fetchall()[0][0])


def _run(con: duckdb.DuckDBPyConnection, steps: Iterable[str]) -> None:
    for step in steps:
        con.execute(sqlfile.read("split", step).sql)
