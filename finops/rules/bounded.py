"""A statement of somebody's own, within bounds: of time, and of rows that anybody will read."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import duckdb

from finops.errors import RuleError

BATCH = 10_000

Row = tuple[Any, ...]


class Answer(NamedTuple):
    """`rows` are the dearest of `total`, in the order in which they came."""

    names: list[str]
    rows: list[Row]
    total: int


def ask(
    con: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, Any], *, seconds: float, most: int
) -> Answer:
    """RuleError where it takes longer than `seconds`. Of more than `most` rows, those with the most `usd`."""
    with _deadline(con, seconds):
        con.execute(sql, values)
        names = [column[0] for column in con.description or ()]
        dear = names.index("usd") if "usd" in names else None
        total, kept = 0, list[tuple[int, Row]]()
        while batch := con.fetchmany(BATCH):
            numbered = enumerate(batch, total)
            total += len(batch)
            kept = heapq.nlargest(most, [*kept, *numbered], key=lambda one: _worth(one, dear))
    return Answer(names, [row for _, row in sorted(kept, key=lambda one: one[0])], total)


def _worth(numbered: tuple[int, Row], dear: int | None) -> tuple[float, int]:
    """The first come first where nothing is said of dollars."""
    number, row = numbered
    usd = None if dear is None else row[dear]
    try:
        return (float("-inf") if usd is None else float(usd), -number)
    except (TypeError, ValueError):
        return float("-inf"), -number


@contextmanager
def _deadline(con: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """The timer is over before anything else runs on `con`: it would interrupt that."""
    timer = threading.Timer(seconds, con.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException as exc:
        raise RuleError(f"stopped after {seconds:g} seconds; see [limits] rule_seconds") from exc
    finally:
        timer.cancel()
        timer.join()
