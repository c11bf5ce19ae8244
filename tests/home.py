"""A --home as a person has it: finops.toml, exports below it, and the published ledger to ask."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from finops import config, pipeline
from finops.pipeline import Synced
from finops.sources import Reading

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SOURCE = '[[sources]]\nkind = "cur"\npath = "exports"\n'


def reading(home: Path, **more: Any) -> Reading:
    """A reading of sources below `home` at NOW, as a sync makes it."""
    return Reading(**{"home": home, "now": NOW} | more)


class Home:
    """`exports` is where the one configured source looks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.exports = path / "exports"
        if not path.exists():
            self.exports.mkdir(parents=True)
            self.configure()

    def copy(self, path: Path) -> Home:
        """The same home elsewhere: nothing in it says where it stands."""
        shutil.copytree(self.path, path, symlinks=True)
        return Home(path)

    def configure(self, more: str = "", *, sources: str = SOURCE) -> None:
        (self.path / "finops.toml").write_text(sources + more, encoding="utf-8")

    def sync(self, now: datetime = NOW, **options: Any) -> Synced:
        return pipeline.sync(self.path, config.read(self.path, {}), now, **options)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with pipeline.published(self.path) as con:
            return con.execute(sql).fetchall()

    def standing(self) -> tuple[str, bytes]:
        """Which file readers open, and what the record holds."""
        return str((self.path / "finops.duckdb").readlink()), (
            self.path / "ledger" / "record.json"
        ).read_bytes()

    def run(
        self, *arguments: str, largest_file: int = resource.RLIM_INFINITY
    ) -> subprocess.CompletedProcess[str]:
        """The real command, in a process of its own; `largest_file` in bytes is as a full disk would be."""
        return subprocess.run(
            [sys.executable, "-m", "finops", "--home", str(self.path), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY)
            ),
        )
