"""`python -m bench.alone MODULE ARGUMENTS`: a module as it is where nothing but finops's own dependencies is installed.

Arrow imports pandas and numpy wherever it finds them. Here they are there for the other engines' sake, and would be
counted as finops's memory.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec

ABSENT = ("numpy", "pandas")


class _Absent:
    """An import of what is not there."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: object = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


if __name__ == "__main__":
    sys.meta_path.insert(0, _Absent())
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
