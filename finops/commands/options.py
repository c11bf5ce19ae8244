"""Options that several commands take."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer


class FailOn(StrEnum):
    info = "info"
    warn = "warn"
    page = "page"
    never = "never"


Day = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="UTC day; the last complete one if left out.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For a program.")]
Fail = Annotated[FailOn, typer.Option("--fail-on", help="Exit with 1 when something this severe is found.")]
