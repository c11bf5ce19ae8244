"""`python -m bench.explanation`: does `drivers_daily` name the true cause of a jump?

Workloads of five attributes with a month of noisy days, and on the last day a jump in a slice of one to three of
them. A slice is named exactly when it is the true one's lines, give or take a tenth (Jaccard >= 0.9).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import product
from typing import Any, NamedTuple

import duckdb
import numpy as np
from numpy.random import Generator, default_rng

from finops.metrics import MetricHeader
from finops.sqlfile import QUERIES, load

DAY = date(2026, 11, 18)
WEEKS = (7, 14, 21, 28)
VIEWS = ("change_daily", "explain_daily", "drivers_daily")
DIMENSIONS = ("model", "kind", "environment", "region", "caller")
VALUES = {
    "model": ("Haiku", "Sonnet", "Opus", "Nova"),
    "kind": ("input", "output", "cache_read", "cache_write_5m"),
    "environment": ("prod", "staging", "dev"),
    "region": ("us-east-1", "eu-west-1", "ap-south-1"),
    "caller": ("role/a", "role/b", "role/c", "role/d", "role/e"),
}
MODES = ("one factor", "uneven factors", "unrelated dollars", "one kind inside")
SIZES = ((0.05, 0.15), (0.15, 0.5), (0.5, 3.0))  # of the workload's usual dollars
BAR, GOOD = 0.60, 0.75
TABLES = """
create table attributed (
    day date, workload varchar, model varchar, token_kind varchar, charge varchar, environment varchar, region varchar,
    account_id varchar, resource varchar, principal varchar, tokens bigint, gross_usd decimal(24, 12), basis varchar,
    is_spend boolean);
create table requests_hourly (
    day date, workload varchar, account_id varchar, resource varchar, model varchar, namespace varchar,
    requests bigint);
create table registry (workload varchar, namespace varchar, resource varchar);
create table line_classes as select 'Usage' as line_type, true as is_spend;
create view identities as select distinct workload as identity_id, workload from attributed;
create view lines as
    select workload as identity_id, 1 as delivery_id, day::timestamp as hour, 'Usage' as line_type from attributed;
create table marks as select 1 as delivery_id, date '2026-11-18' as complete_through;
"""

Cell = tuple[str, ...]


class Jump(NamedTuple):
    name: str
    mode: str
    size: int
    cells: list[Cell]
    cause: frozenset[Cell]
    usd: Any  # of the four usual days and of the last one, by cell


def main() -> int:
    options = arguments()
    rng = default_rng(options.seed)
    jumps = [jump(rng, f"w{number}", *kind) for number, kind in enumerate(kinds(options.jumps))]
    began = time.process_time()
    named = answers(jumps)
    spent = time.process_time() - began
    share = show(jumps, named)
    for rule, peer in (("largest line", largest_line), ("largest value of one attribute", largest_value)):
        print(f"{rule:32}{np.mean([exact(one, peer(one)) for one in jumps]):34.2f}")
    print(f"\n{len(jumps):,} jumps explained in {spent:.1f} CPU s, {spent / len(jumps) * 1000:.1f} ms each")
    print(
        f"{'met    ' if share >= BAR else 'NOT met'}  exact, average of the modes: {share:.2f} >= {BAR:.2f}"
    )
    print(f"{'met    ' if share >= GOOD else 'NOT met'}  good: {share:.2f} >= {GOOD:.2f}")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.explanation", description=__doc__)
    parser.add_argument("--jumps", type=int, default=360, help="of each mode")
    parser.add_argument("--seed", type=int, default=301)
    return parser.parse_args()


def kinds(jumps: int) -> Iterator[tuple[str, int]]:
    for mode in MODES:
        yield from ((mode, number % len(SIZES)) for number in range(jumps))


def jump(rng: Generator, name: str, mode: str, size: int) -> Jump:
    """Half of all combinations of values occur; their dollars are lognormal, as is the noise of each day."""
    cells = [cell for cell in product(*VALUES.values()) if rng.random() < 0.5]
    usual = rng.lognormal(0, 1.2, len(cells))
    usual *= rng.uniform(100, 2000) / usual.sum()
    days = usual * rng.lognormal(0, rng.uniform(0.05, 0.2), (len(WEEKS) + 1, len(cells)))
    days *= rng.lognormal(0, 0.05, (len(WEEKS) + 1, 1))
    inside = slice_of(rng, cells, mode)
    excess = rng.uniform(*SIZES[size]) * usual.sum()
    days[-1, inside] += excess * shares(rng, usual[inside], mode)
    cause = frozenset(cell for cell, of in zip(cells, inside, strict=True) if of)
    return Jump(name, mode, size, cells, cause, days)


def slice_of(rng: Generator, cells: list[Cell], mode: str) -> Any:
    """Of at least two cells, and at most half of them, so that there is something to tell apart."""
    while True:
        others = [n for n, dimension in enumerate(DIMENSIONS) if dimension != "kind"]
        if mode == "one kind inside":
            chosen = [1, *rng.choice(others, rng.integers(1, 3), replace=False)]
        else:
            chosen = [*rng.choice(len(DIMENSIONS), rng.integers(1, 4), replace=False)]
        like = cells[rng.integers(len(cells))]
        inside = np.array([all(cell[n] == like[n] for n in chosen) for cell in cells])
        if 2 <= inside.sum() <= len(cells) / 2:
            return inside


def shares(rng: Generator, usual: Any, mode: str) -> Any:
    """How the excess falls on the cells of the cause."""
    match mode:
        case "uneven factors":
            weights = usual * rng.lognormal(0, 1, len(usual))
        case "unrelated dollars":
            weights = rng.exponential(1, len(usual))
        case _:
            weights = usual
    return weights / weights.sum()


def answers(jumps: Sequence[Jump]) -> dict[str, dict[str, str | None]]:
    """workload -> the attributes of the slice that the view names, None where it is not about them."""
    with duckdb.connect() as con:
        for statement in duckdb.extract_statements(TABLES):
            con.execute(statement)
        con.register("given", _table(jumps))
        con.execute(
            "insert into attributed select day, workload, model, kind, 'inference', environment, region, "
            "'111122223333', 'r', caller, (usd * 1000000)::bigint, usd, 'final', true from given"
        )
        for view in VIEWS:
            file, _ = load(QUERIES / "metrics" / f"{view}.sql", MetricHeader)
            con.execute(f"create view {view} as {file.sql}")
        rows = con.execute(
            "select workload, model, kind, environment, region, caller from drivers_daily where day = ?",
            [DAY],
        ).fetchall()
    return {workload: dict(zip(DIMENSIONS, values, strict=True)) for workload, *values in rows}


def _table(jumps: Sequence[Jump]) -> Any:
    import pyarrow as pa

    columns: dict[str, list[Any]] = {name: [] for name in ("day", "workload", "usd", *DIMENSIONS)}
    for one in jumps:
        for ago, usd in zip((*WEEKS, 0), one.usd, strict=True):
            columns["day"] += [DAY - timedelta(days=ago)] * len(usd)
            columns["workload"] += [one.name] * len(usd)
            columns["usd"] += usd.tolist()
            for n, dimension in enumerate(DIMENSIONS):
                columns[dimension] += [cell[n] for cell in one.cells]
    return pa.table(columns)


def largest_line(one: Jump) -> dict[str, str | None]:
    cell = one.cells[int(np.argmax(rises(one)))]
    return dict(zip(DIMENSIONS, cell, strict=True))


def largest_value(one: Jump) -> dict[str, str | None]:
    rise: Counter[tuple[int, str]] = Counter()
    for cell, usd in zip(one.cells, rises(one), strict=True):
        rise.update({(n, value): float(usd) for n, value in enumerate(cell)})
    ((where, value), _), *_ = rise.most_common()
    return {d: value if n == where else None for n, d in enumerate(DIMENSIONS)}


def rises(one: Jump) -> Any:
    return one.usd[-1] - np.median(one.usd[:-1], axis=0)


def exact(one: Jump, named: dict[str, str | None]) -> bool:
    found = {
        cell
        for cell in one.cells
        if all(named[d] in (None, value) for d, value in zip(DIMENSIONS, cell, strict=True))
    }
    return len(found & one.cause) >= 0.9 * len(found | one.cause)


def show(jumps: Sequence[Jump], named: dict[str, dict[str, str | None]]) -> float:
    """Prints the table, and returns the average of its modes."""
    print(f"{'exact, by the size of the jump':32}  < 15 %  15-50 %  > 50 %     all")
    averages = []
    for mode in MODES:
        hits = [
            [exact(one, named[one.name]) for one in jumps if (one.mode, one.size) == (mode, s)]
            for s in range(3)
        ]
        averages.append(float(np.mean([hit for of in hits for hit in of])))
        print(f"{mode:32}" + "".join(f"  {np.mean(of):6.2f}" for of in hits) + f"  {averages[-1]:6.2f}")
    return float(np.mean(averages))


if __name__ == "__main__":
    sys.exit(main())
