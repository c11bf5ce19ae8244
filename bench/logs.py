"""`python -m bench.logs`: a day of invocation logs added up by `finops sync`, and by plain DuckDB on the same files.

Both start as fresh processes, in turn. The exit code is 1 where calls, errors or tokens of a model and role are not
what the generator counted.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

import duckdb

from bench.logs_generate import Logs, logs
from bench.measure import Cost, run

DATA = Path(__file__).parent / "data"
SUMS = """
select model_id || ' ' || split_part(principal, '/', 2), sum(calls), coalesce(sum(calls) filter (error is not null), 0),
    sum(input_tokens), sum(output_tokens), sum(cache_read_tokens)
from {rows}
group by all
"""
WHAT = ("calls", "errors", "input", "output", "read")


class Engine(NamedTuple):
    name: str
    run: Callable[[Logs, Path], tuple[Cost, list[str]]]


def main() -> int:
    options = arguments()
    made = logs(options.data, options.calls)
    size = sum(file.stat().st_size for file in made.path.rglob("*.gz")) / 1e6
    print(f"{made.calls:,} calls, {size:,.0f} MB gzipped")
    print(f"{'':16}  CPU s   wall s     MiB  calls/CPU s  MB/CPU s  calls/s")
    wrong = False
    costs: dict[str, list[Cost]] = {engine.name: [] for engine in ENGINES}
    for number in range(options.rounds):
        for engine in ENGINES if number % 2 == 0 else reversed(ENGINES):
            with tempfile.TemporaryDirectory() as out:
                cost, faults = engine.run(made, Path(out))
            costs[engine.name].append(cost)
            wrong |= bool(faults)
            print(*(f"{engine.name}: WRONG: {fault}\n" for fault in faults[:3]), sep="", end="")
    for name, runs in costs.items():
        cpu, wall, mib = (median(getattr(cost, what) for cost in runs) for what in ("cpu", "wall", "mib"))
        rates = f"{made.calls / cpu:12,.0f} {size / cpu:9.1f} {made.calls / wall:8,.0f}"
        print(f"{name:16} {cpu:6.1f} {wall:8.1f} {mib:7.0f} {rates}")
    return int(wrong)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.logs", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--data", type=Path, default=DATA, help="where logs are kept")
    return parser.parse_args()


def ours(made: Logs, out: Path) -> tuple[Cost, list[str]]:
    """As a person runs it, into an empty home: the published file included."""
    source = {"kind": "invocation_log", "path": str(made.path.resolve())}
    lines = [f"{key} = {json.dumps(value)}" for key, value in source.items()]
    (out / "finops.toml").write_text("\n".join(["[[sources]]", *lines, ""]), encoding="utf-8")
    cost = run("finops", "--home", out, "--json", "sync")
    with duckdb.connect(str(out / "finops.duckdb"), read_only=True) as con:
        return cost, faults(made, con, "calls")


def plain(made: Logs, out: Path) -> tuple[Cost, list[str]]:
    cost = run("bench.engines.duckdb_logs", made.path, out / "calls.parquet")
    with duckdb.connect() as con:
        return cost, faults(made, con, f"'{out / 'calls.parquet'}'")


def faults(made: Logs, con: duckdb.DuckDBPyConnection, rows: str) -> list[str]:
    """Sums that are not the generator's, as it counted them while it wrote."""
    truth = json.loads(made.truth.read_text(encoding="utf-8"))
    found = {
        f"{who} {what}": int(value or 0)
        for who, *values in con.execute(SUMS.format(rows=rows)).fetchall()
        for what, value in zip(WHAT, values, strict=True)
    }
    return [
        f"{key}: {found.get(key, 0)} is not {truth.get(key, 0)}"
        for key in sorted(truth.keys() | found.keys())
        if found.get(key, 0) != truth.get(key, 0)
    ]


ENGINES = (Engine("finops sync", ours), Engine("duckdb_logs", plain))


if __name__ == "__main__":
    sys.exit(main())
