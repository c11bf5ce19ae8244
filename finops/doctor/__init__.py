"""`finops doctor`: everything that must be right before a number can be, each with the exact fix."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from finops.aws import Aws
from finops.config import Settings
from finops.doctor import account, billing, channels, machine, names
from finops.doctor.line import Line
from finops.sources import Athena, AthenaLog, Inventory, Reading, Source

__all__ = ["Line", "examine"]

LIVE = ("cloudwatch",)


def examine(home: Path, settings: Settings, now: datetime, *, tags: bool = False) -> Iterator[Line]:
    """One line after another, as they are found out. `tags` asks Cost Explorer, which bills a cent a request."""
    reading = Reading(home=home, now=now, aws=Aws(settings.aws))
    yield from machine.lines(home)
    yield from machine.sources(settings, reading)
    yield from machine.ledger(home, now)
    if any(asks_aws(source) for source in settings.sources):
        yield from account.lines(reading.aws, now, everywhere=any(_live(s) for s in settings.sources))
        yield from billing.lines(reading.aws, settings, tags=tags)
    else:
        yield Line(subject="aws", status="ok", said="no source asks AWS: nothing was looked at there")
    yield from names.lines(settings, home)
    yield from channels.lines(settings)


def asks_aws(source: Source) -> bool:
    return (
        _live(source)
        or isinstance(source, Athena | AthenaLog)
        or str(getattr(source, "path", "")).startswith("s3://")
    )


def _live(source: Source) -> bool:
    """Asks every account and region of [aws]."""
    return source.kind in LIVE or (isinstance(source, Inventory) and source.path is None)
