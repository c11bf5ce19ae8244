"""What every command is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finops.config import Settings


@dataclass(frozen=True)
class Context:
    """`home` holds finops.toml, the ledger and the state; `json`: for a program; `now`: when the command began."""

    home: Path
    json: bool
    now: datetime

    @cached_property
    def settings(self) -> Settings:
        from finops import config  # which imports every source and channel; `classify` needs none

        return config.read(self.home)

    @property
    def telling(self) -> Settings:
        """The settings, for what sends: every channel has its secret."""
        from finops import config

        return config.complete(self.settings)
