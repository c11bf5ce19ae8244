"""Bills to measure on, from one seed, made once and kept.

The generator is not part of this project: it is looked for at $CUR_GEN, then beside the checkout. It knows
nothing of our code; its `truth/` comes from its own numbers, not from reading the bill.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from bench.measure import CHECKOUT


class Bill(NamedTuple):
    """A CUR 2.0 export of `rows` lines in all, and what is true about it."""

    rows: int
    cur: Path
    truth: Path


def bill(data: Path, rows: int) -> Bill:
    return _made(data / short(rows), rows, rows=rows)


def restated(data: Path, rows: int) -> tuple[Bill, Bill]:
    """Five equal periods of `rows` lines in all; then the same with the last of them written anew."""
    name, size = f"{short(rows)}-v", {"rows": rows // 5, "periods": 5}
    return _made(data / f"{name}1", rows, **size), _made(data / f"{name}2", rows, **size, version=2)


def short(rows: int) -> str:
    """1m, 10m, 250k."""
    return f"{rows // 1_000_000}m" if rows % 1_000_000 == 0 else f"{rows / 1000:g}k"


def _made(out: Path, total: int, **options: int) -> Bill:
    made = Bill(rows=total, cur=out / "cur2", truth=out / "truth" / "ledger.parquet")
    if not made.truth.exists():  # the generator writes it after the bill
        print(f"generating {out.name}", file=sys.stderr)
        words = [f"--{name}={value}" for name, value in options.items()]
        subprocess.run([sys.executable, str(generator()), "--formats=cur2", f"--out={out}", *words], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    return made


def generator() -> Path:
    beside = CHECKOUT.parent / "shared" / "tools" / "cur_gen.py"
    found = Path(os.environ.get("CUR_GEN", beside))
    if not found.is_file():
        raise SystemExit(f"{found}: no such file; set CUR_GEN to the path of cur_gen.py")
    return found
