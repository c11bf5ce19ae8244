"""One reading of the sources: where from, at what moment, as whom, and what the ledger already holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from finops.aws import Access, Aws
from finops.model import Delivery, Stored
from finops.sources.files.copies import Copies


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Relative paths start at `home`. `now` is UTC. `held` has what was stored of each delivery before, by key:
    a source that cannot ask for all of it again keeps what it has."""

    home: Path
    now: datetime
    aws: Aws = field(default_factory=lambda: Aws(Access()))
    held: Mapping[str, Stored] = field(default_factory=dict)
    say: Callable[[str], None] = lambda _: None

    @property
    def cache(self) -> Path:
        """Copies of what is far away. Anything in it may be deleted at any time."""
        return self.home / "cache"

    @cached_property
    def copies(self) -> Copies:
        """Those of S3 objects."""
        return Copies(self.cache / "s3", int(self.aws.access.cache_gib * 2**30))

    def before(self, delivery: Delivery, table: str) -> Path | None:
        """The rows of `table` that the ledger holds of this delivery."""
        stored = self.held.get(delivery.key)
        file = stored.tables.get(table) if stored else None
        return self.home / "ledger" / file if file else None
