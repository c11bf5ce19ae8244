"""The second sync: nothing changed, or one billing period of five.

Bills are hard-linked into a scratch directory, so that a file can be exchanged there and the bill stays as it is.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench import truth
from bench.contest import home, sync
from bench.generate import Bill
from bench.measure import run


class Again(NamedTuple):
    """CPU seconds, medians. `restated` re-reads the last of five equal periods, `full` all five."""

    full: float
    restated: float
    faults: list[str]


def startup(rounds: int) -> float:
    """CPU seconds of a command that does nothing: what no engine's work can go below."""
    return median(run("finops", "--version").cpu for _ in range(rounds))


def unchanged(bill: Bill) -> tuple[float, int]:
    """CPU seconds, and deliveries read, of a sync over files whose every byte was zeroed behind its back.

    Size and time are kept. A sync that opened one of them would end with an error.
    """
    with _linked(bill.cur) as cur, home(cur) as directory:
        sync(directory)
        for file in _files(cur):
            _hollow(file)
        cost, said = sync(directory)
        return cost.cpu, len(said["read"])


def restatement(before: Bill, after: Bill, rounds: int) -> Again:
    """A month that AWS writes anew, as the second sync sees it, against a first sync of the same five months."""
    full, again, faults = [], [], []
    for _ in range(rounds):
        with _linked(before.cur) as cur, home(cur) as directory:
            sync(directory)
            _exchange_last(cur, after.cur)
            cost, said = sync(directory)
            if len(said["read"]) != 1:
                raise AssertionError(f"one period was restated, not all of these: {said['read']}")
            again.append(cost.cpu)
            faults += truth.faults(after.truth, catalogue=directory / "finops.duckdb")
        with home(after.cur) as directory:
            full.append(sync(directory)[0].cpu)
    return Again(full=median(full), restated=median(again), faults=faults)


@contextmanager
def _linked(cur: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=cur.parent) as scratch:  # the same file system, or no hard links
        copy = Path(scratch) / "cur2"
        shutil.copytree(cur, copy, copy_function=os.link)
        yield copy


def _files(cur: Path) -> list[Path]:
    return sorted(cur.rglob("*.parquet"))


def _hollow(file: Path) -> None:
    stat = file.stat()
    file.unlink()
    with file.open("wb") as hollow:
        hollow.truncate(stat.st_size)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _exchange_last(cur: Path, later: Path) -> None:
    """The last period's data, then its manifest, as AWS delivers them."""
    last = max(directory.name for directory in later.glob("*/data/*"))
    for kind in ("data", "metadata"):
        (fresh,) = later.glob(f"*/{kind}/{last}")
        place = cur / fresh.relative_to(later)
        shutil.rmtree(place)
        shutil.copytree(fresh, place, copy_function=os.link)
