"""`python -m bench`: finops beside the engines one would use by hand, on the same bills, in the same run.

Figures are CPU seconds of whole processes: on a shared machine the clock on the wall says more about the
neighbours. The exit code is 1 where an answer is wrong; a bar that is not met is printed, not failed.
"""

from __future__ import annotations

import argparse
import math
import sys
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from bench import again, contest, generate
from bench.contest import OURS, PEERS, Result

DATA = Path(__file__).parent / "data"
SIZES = [1_000_000, 10_000_000]
MIB = 400
SLOPE = 1.08


class Bar(NamedTuple):
    says: str
    measured: float
    limit: float
    unit: str

    def __str__(self) -> str:
        verdict = "met    " if self.measured <= self.limit else "NOT met"
        return f"{verdict}  {self.says}: {self.measured:.2f} <= {self.limit:.2f} {self.unit}".rstrip()


def main() -> int:
    options = arguments()
    wrong = False
    startup = again.startup(options.rounds)
    print(f"start-up (`finops --version`): {startup:.2f} CPU s\n")
    bars, ours = [], []
    for rows in options.rows:
        bill = generate.bill(options.data, rows)
        results = contest.contest(bill, options.rounds, options.engines)
        show(rows, results)
        wrong |= any(result.faults for result in results)
        bars.append(fastest(rows, results, startup))
        print(
            f"start-up and reading alone, nothing made of it: {contest.reading(bill, options.rounds):.2f} CPU s\n"
        )
        ours.append((rows, results[0]))
    bars += growth(ours, startup)
    largest, biggest = ours[-1]
    bars.append(Bar(f"peak memory at {generate.short(largest)}", biggest.mib, MIB, "MiB"))
    cpu, read = again.unchanged(generate.bill(options.data, largest))
    bars.append(Bar(f"unchanged, in {cpu:.2f} CPU s over zeroed files: deliveries read", read, 0, ""))
    if options.restate:
        redone = again.restatement(*generate.restated(options.data, largest), options.rounds)
        bars.append(Bar("one period of five restated", redone.restated, redone.full / 5 + startup, "CPU s"))
        wrong |= tell(redone.faults)
    print("\n".join(map(str, bars)))
    return int(wrong)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES, help="sizes, ascending")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each engine on each size")
    parser.add_argument("--engines", nargs="*", choices=PEERS, default=PEERS, help="peers to run")
    parser.add_argument("--data", type=Path, default=DATA, help="where bills are kept")
    parser.add_argument("--no-restate", dest="restate", action="store_false", help="skip the five periods")
    return parser.parse_args()


def show(rows: int, results: list[Result]) -> None:
    ours = results[0]
    print(f"{f'{rows:,} lines':20}  CPU s  x finops   wall s     MiB  runs")
    for result in sorted(results, key=lambda r: r.cpu):
        engine, runs, cpu, wall, mib, faults = result
        verdict = "  WRONG" if faults else ""
        print(f"{engine:20} {cpu:6.2f} {cpu / ours.cpu:9.2f} {wall:8.2f} {mib:7.0f} {runs:5}{verdict}")
        tell(faults)
    print(flush=True)


def tell(faults: list[str]) -> bool:
    """Prints rows that are not the truth; whether there are any."""
    for fault in faults:
        print(f"  WRONG: {fault}")
    return bool(faults)


def fastest(rows: int, results: list[Result], startup: float) -> Bar:
    ours, *peers = results
    best = min(peers, key=lambda r: r.cpu, default=ours)
    says = f"{OURS} at {generate.short(rows)} against {best.engine} + start-up"
    return Bar(says, ours.cpu, best.cpu + startup, "CPU s")


def growth(ours: list[tuple[int, Result]], startup: float) -> list[Bar]:
    """Exponent of CPU seconds over rows between two sizes, start-up taken off: 1 is linear."""
    return [
        Bar(
            f"growth {generate.short(small)} to {generate.short(large)}",
            math.log((b.cpu - startup) / (a.cpu - startup)) / math.log(large / small), SLOPE, "",
        )
        for (small, a), (large, b) in pairwise(ours)
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
