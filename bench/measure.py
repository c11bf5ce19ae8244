"""One process from start to exit: what it cost, and what it said."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).parent.parent


class Cost(NamedTuple):
    """`cpu` is user + system seconds of the process and of all it started and waited for; `mib` the peak
    resident memory of the largest of them."""

    cpu: float
    wall: float
    mib: float
    output: str


class RunFailed(Exception):
    """A measured process ended with an error: its figures mean nothing."""


def run(*arguments: str | Path) -> Cost:
    """`python -m ARGUMENTS` in a fresh interpreter, with this checkout on its path, and compiled once, as pip does."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command: Sequence[str] = [sys.executable, "-m", *map(str, arguments)]
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=output, stderr=errors, env={**environment, "PYTHONPATH": str(CHECKOUT)}
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            raise RunFailed(f"{' '.join(command)}\nended with {process.returncode}:\n{errors.read()}")
        return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, output.read())
