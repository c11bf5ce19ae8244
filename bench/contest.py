"""The engines, run in turn on one bill, each answer compared with the truth."""

from __future__ import annotations

import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench import truth
from bench.generate import Bill
from bench.measure import Cost, run

OURS = "finops sync"
PEERS = ("duckdb_sql", "duckdb_two_step", "polars_streaming", "chdb_two_step", "pandas_careful")
SLOW = "pandas_careful"  # once is enough above a million rows


class Result(NamedTuple):
    """Medians over `runs` runs of one engine on one bill; `faults` is empty where every answer was right."""

    engine: str
    runs: int
    cpu: float
    wall: float
    mib: float
    faults: list[str]


def contest(bill: Bill, rounds: int, peers: tuple[str, ...]) -> list[Result]:
    """Every round runs each engine once, starting with another one, so that noise is shared fairly."""
    costs: dict[str, list[Cost]] = defaultdict(list)
    faults: dict[str, list[str]] = defaultdict(list)
    engines = [OURS, *peers]
    for number in range(rounds):
        for engine in engines[number % len(engines) :] + engines[: number % len(engines)]:
            if engine == SLOW and costs[engine] and bill.rows > 1_000_000:
                continue
            cost, found = _ours(bill) if engine == OURS else _peer(engine, bill)
            costs[engine].append(cost)
            faults[engine] = faults[engine] or found
    return [_result(engine, costs[engine], faults[engine]) for engine in engines]


def _result(engine: str, costs: list[Cost], faults: list[str]) -> Result:
    cpu, wall, mib, _ = zip(*costs, strict=True)
    return Result(engine, len(costs), median(cpu), median(wall), median(mib), faults)


def _peer(engine: str, bill: Bill) -> tuple[Cost, list[str]]:
    with tempfile.TemporaryDirectory() as out:
        cost = run(f"bench.engines.{engine}", bill.cur, out)
        return cost, truth.faults(bill.truth, daily=Path(out) / "daily.parquet")


def _ours(bill: Bill) -> tuple[Cost, list[str]]:
    with home(bill.cur) as directory:
        cost, _ = sync(directory)
        return cost, truth.faults(bill.truth, catalogue=directory / "finops.duckdb")


def reading(bill: Bill, rounds: int) -> float:
    """CPU seconds of starting and of reading the columns, with the libraries that finops reads with."""
    return median(run("bench.alone", "bench.reading", bill.cur).cpu for _ in range(rounds))


@contextmanager
def home(cur: Path) -> Iterator[Path]:
    """A finops home without a ledger yet, whose only source is the export at `cur`."""
    with tempfile.TemporaryDirectory() as directory:
        settings = f'[[sources]]\nkind = "cur"\npath = {json.dumps(os.fspath(cur.resolve()))}\n'
        (Path(directory) / "finops.toml").write_text(settings, encoding="utf-8")
        yield Path(directory)


def sync(directory: Path) -> tuple[Cost, dict[str, Any]]:
    """As the user runs it: the whole command, from the interpreter's start to the published file."""
    cost = run("bench.alone", "finops", "--home", directory, "--json", "sync")
    return cost, json.loads(cost.output)
