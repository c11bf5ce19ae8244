"""What a source writes for the ledger, without the numbers that each run gives anew."""

from __future__ import annotations

from collections import Counter
from typing import Any

import duckdb

from finops.sources import Athena, Cur, Reading

LINES = """
    select u.* exclude (shape, tag_set), s.* exclude (shape), list_sort(map_entries(t.tags)) as tags
    from usage as u
    join shapes as s using (shape)
    join tag_sets as t using (tag_set)
    order by all
"""

Ledger = dict[tuple[str, str], list[tuple[Any, ...]]]


def ledger(source: Athena | Cur, reading: Reading) -> Ledger:
    """(billing period, table) -> rows; shapes and tag sets stand in the lines that they belong to."""
    found: Ledger = {}
    for delivery in source.deliveries(reading):
        with duckdb.connect() as con:
            source.load(con, delivery, reading)
            found[delivery.partition, "usage"] = con.sql(LINES).fetchall()
            for table in ("accounts", "reach"):
                found[delivery.partition, table] = con.sql(f"from {table} order by all").fetchall()
    return found


def differences(one: Ledger, other: Ledger) -> list[tuple[str, tuple[str, str], str]]:
    """Rows of only one of them, for a person to read: none if they are the same."""
    mine, theirs = (
        Counter((place, repr(row)) for place, rows in given.items() for row in rows) for given in (one, other)
    )
    apart = [("one", *row) for row in (mine - theirs).elements()]
    apart += [("other", *row) for row in (theirs - mine).elements()]
    return sorted(apart, key=lambda row: (row[1:], row[0]))
