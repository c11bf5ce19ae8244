"""What can be seen without asking anybody: this machine, the sources, the ledger."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from finops import __version__, pipeline
from finops.config import Settings
from finops.doctor.line import Line, ok, problem, refused, unknown
from finops.errors import FinopsError
from finops.sources import Reading

ROOM = 1 << 30  # bytes that a sync may want, whatever the ledger's size
GENERATIONS = 4  # three kept, one being built
LATE = timedelta(hours=60)  # AWS refreshes a bill daily, a day late


def lines(home: Path) -> Iterator[Line]:
    yield ok("finops", f"{__version__}, Python {platform.python_version()}, DuckDB {duckdb.__version__}")
    if not os.access(home, os.W_OK):
        yield problem("home", f"{home} cannot be written", "give the user that runs finops write access")
        return
    held = sum(file.stat().st_size for file in (home / "catalogue").glob("*.duckdb"))
    wanted, free = max(ROOM, held * GENERATIONS // 3), shutil.disk_usage(home).free
    said = f"{home} holds {_size(held)} of catalogue, {_size(free)} are free"
    yield (
        ok("disk", said)
        if free > wanted
        else problem("disk", said, f"make room: a sync may want {_size(wanted)}")
    )


def sources(settings: Settings, reading: Reading) -> Iterator[Line]:
    if not settings.sources:
        yield problem("sources", "finops.toml has no [[sources]]", "let `finops init` write them")
    for source in settings.sources:
        try:
            found = source.deliveries(reading)
        except FinopsError as exc:
            yield refused(source.name, exc)
            continue
        newest = max((delivery.partition for delivery in found), default="none")
        yield ok(source.name, f"{len(found)} to be had, the newest is {newest}")


def ledger(home: Path, now: datetime) -> Iterator[Line]:
    """How old is what the views speak of."""
    try:
        with pipeline.published(home) as con:
            rows = con.execute("select source, kind, data_through, problem, notes from freshness").fetchall()
    except FinopsError as exc:
        yield unknown("ledger", str(exc).partition(";")[0], "finops sync")
        return
    for source, kind, through, fault, notes in rows:
        subject = f"ledger of {source}"
        if fault:
            yield problem(subject, fault.rpartition("; ")[0] or fault, fault.rpartition("; ")[2])
        elif through and kind in ("cur", "athena") and now - through.replace(tzinfo=UTC) > LATE:
            said = f"reaches {through:%Y-%m-%d %H:%M} only"
            yield problem(subject, said, "see whether AWS still writes the export, then finops sync")
        else:
            reach = f"reaches {through:%Y-%m-%d %H:%M}" if through else "has no date"
            yield ok(subject, reach, notes)


def _size(amount: int) -> str:
    return f"{amount / (1 << 30):.1f} GiB" if amount >= 1 << 30 else f"{amount / (1 << 20):.0f} MiB"
