"""Rungs 5 and 6: lines that nobody's tags name are shared by what the logs and the consumers' own counts say.

Lines of a day that are measured by one count (day, account, region, model, token kind) are a group; who used
how much of it is worked out once, and each of its lines is apportioned in those weights, exactly. The SQL is in
queries/split/.
"""

from __future__ import annotations

import duckdb

from finops import sqlfile

_CALLERS = ("callers_in", "metadata_tags")
_MACROS = ("called_of", "within_reach", "apportion")
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
    for step in _MACROS + _CALLERS:
        _run(con, "split", step)
    _run(con, "publish", "add_tag_sets")
    for step in ("add_caller_identities", "callers"):
        _run(con, "split", step)


def share_lines(con: duckdb.DuckDBPyConnection) -> None:
    """Share the named catalogue's lines anew on the days of which other things are known than before."""
    if not con.execute(sqlfile.read("split", "anything").sql).fetchall()[0][0]:
        return
    for step in _PLAN:
        _run(con, "split", step)
    if con.table("split_days").limit(1).fetchall():
        for step in _APPLY:
            _run(con, "split", step)
    _run(con, "split", "name_shares")


def _run(con: duckdb.DuckDBPyConnection, room: str, name: str) -> None:
    con.execute(sqlfile.read(room, name).sql)
