"""The straight line, top to bottom: sources, ledger, catalogue, rules, incidents, channels."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from finops import __version__, judge, metrics, notify, publish, rules, sqlfile
from finops.channels import Channel, Console, named
from finops.config import Settings
from finops.errors import ConfigError, LedgerError, QueryError
from finops.incidents import Policy
from finops.ledger import Ledger, Record, Stored, key_of
from finops.model import Decision, Delivery, Finding, Value
from finops.sources import Source
from finops.state import FILE, State

Progress = Callable[[str], None]
MEMORY_MIB = 128  # per processor, for reading a delivery; a thread's share of wide row groups fits
_PERIOD = re.compile(r"\d{4}-\d{2}(-\d{2})?")


class Synced(Value):
    """What a sync did. `kept`: deliveries that a source no longer has and the ledger still holds;
    `dropped`: those that went with their source, or were a file that is gone."""

    generation: int
    published: bool
    read: tuple[str, ...]
    unchanged: int
    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    restated_days: int


class Ran(Value):
    """What a check found and told."""

    day: date
    checked: judge.Checked
    decision: Decision
    outcomes: tuple[notify.Outcome, ...]


def sync(
    home: Path, settings: Settings, now: datetime, *, rebuild: bool = False, say: Progress = lambda _: None
) -> Synced:
    """Read what changed, publish a new generation if anything did. A fault leaves everything as it was."""
    if not settings.sources:
        raise ConfigError(f"{home / 'finops.toml'}: no [[sources]]; add one, or let `finops init` write them")
    ledger = Ledger(home)
    with ledger.writing():
        record = ledger.record()
        available = [
            (source, delivery) for source in settings.sources for delivery in source.deliveries(home)
        ]
        generation = ledger.next_generation(record)
        changed = [pair for pair in available if rebuild or _differs(record, pair[1])]
        names = {key_of(delivery) for _, delivery in available}
        held = {
            key: stored for key, stored in record.stored.items() if key in names or _lasts(settings, stored)
        }
        dropped = tuple(sorted(record.stored.keys() - held.keys()))
        stored = held | {s.key: s for s in _load(ledger, changed, generation, say)}
        digest = _digest(settings)
        stale = bool(changed or dropped or rebuild) or record.settings != digest or not ledger.current(record)
        restated = 0
        if stale:
            record = Record(generation=generation, stored=stored, settings=digest)
            say(f"publishing generation {generation}")
            built = publish.build(ledger, record, settings.plan, now, from_nothing=rebuild)
            ledger.commit(record)  # a crash from here on is healed by the next sync, which publishes it
            publish.swap(ledger, built)
            restated = built.restated_days
    return Synced(
        generation=record.generation,
        published=stale,
        read=tuple(delivery.origin for _, delivery in changed),
        unchanged=len(available) - len(changed),
        kept=tuple(sorted(held.keys() - names)),
        dropped=dropped,
        restated_days=restated,
    )


def _lasts(settings: Settings, stored: Stored) -> bool:
    """Whether a delivery that its source no longer has stays: a period or a day does, as long as the source
    is configured; a file known only by its name does not, for renamed it would count twice."""
    known = {source.name for source in settings.sources}
    return stored.delivery.source in known and bool(_PERIOD.fullmatch(stored.delivery.partition))


def _digest(settings: Settings) -> str:
    """Of all that names and views come from besides the deliveries: another one publishes anew."""
    told = settings.model_dump_json(
        include={"tags", "accounts", "principals", "cost_categories", "workloads", "production"}
    )
    digest = hashlib.sha256(f"{__version__}\0{told}".encode())
    for path in metrics.files(settings.metrics):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _differs(record: Record, delivery: Delivery) -> bool:
    known = record.stored.get(key_of(delivery))
    return known is None or known.delivery.signature != delivery.signature


def _load(
    ledger: Ledger, changed: list[tuple[Source, Delivery]], generation: int, say: Progress
) -> Iterator[Stored]:
    with _scratch(ledger.root / "scratch") as scratch:
        for number, (source, delivery) in enumerate(changed, 1):
            say(f"reading {delivery.source} {delivery.partition} ({number} of {len(changed)})")
            with scratch.cursor() as con:  # temporary tables are the cursor's own and go with it
                source.load(con, delivery)
                yield ledger.store(con, delivery, source.tables, generation)


@contextlib.contextmanager
def _scratch(directory: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in bounded memory, whatever the bill's size; what does not fit waits in `directory`."""
    limit = f"{MEMORY_MIB * max(2, os.cpu_count() or 2)}MiB"
    shutil.rmtree(directory, ignore_errors=True)  # a killed run's
    try:
        with duckdb.connect(config={"memory_limit": limit, "temp_directory": str(directory)}) as con:
            yield con
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def published(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published catalogue, read-only, as one generation for as long as it is open."""
    link = Ledger(home).link
    if not link.exists():
        raise QueryError(f"no ledger at {home}; run `finops sync` first, or `finops demo` to see one")
    try:
        con = duckdb.connect(str(link.resolve()), read_only=True)
    except duckdb.Error as exc:
        raise LedgerError(f"{link}: {exc}; run `finops sync --rebuild`") from exc
    with con:
        yield con


def check(
    home: Path, settings: Settings, now: datetime, day: date | None = None, *, quiet_stdout: bool = False
) -> Ran:
    """Run every rule, decide, tell. `day` defaults to the last complete day of the bill.

    `quiet_stdout`: consoles print on stderr, because stdout belongs to a program.
    """
    channels = named(settings.channels or (Console(),), "stderr" if quiet_stdout else None)
    with State(home / FILE) as state, published(home) as con:
        day = day or last_day(con, now)
        known = rules.shipped(settings.rules, settings.alerts)
        checked = judge.check(con, known, day, now, since=state.evaluated())
        teller = Teller(state, channels, now, *_standing(con))
        decision = teller.record(checked.findings, checked.evaluated)
        outcomes = teller.send()
        about_channels = teller.record(notify.failures(outcomes, day), {"channel_failed": day})
        if about_channels.notices:
            outcomes += teller.send()
    return Ran(day=day, checked=checked, decision=decision, outcomes=tuple(outcomes))


def _standing(con: duckdb.DuckDBPyConnection) -> tuple[int, date | None]:
    """Which generation this is, and until when every bill that still comes is settled."""
    rows = con.execute(sqlfile.read("rules", "standing").sql).fetchall()
    return rows[0][0], rows[0][1]


@dataclass(frozen=True)
class Teller:
    """Decides and sends, in the name of one generation at one moment."""

    state: State
    channels: dict[str, Channel]
    now: datetime
    generation: int
    settled_through: date | None

    def record(self, findings: Sequence[Finding], evaluated: dict[str, date]) -> Decision:
        return notify.record(
            self.state,
            findings,
            evaluated,
            self.now,
            Policy(),
            self.channels,
            self.generation,
            self.settled_through,
        )

    def send(self) -> list[notify.Outcome]:
        return notify.send_pending(self.state, self.channels, self.now)


def last_day(con: duckdb.DuckDBPyConnection, now: datetime) -> date:
    """The last day of the bill that is complete and over."""
    complete = judge.reach(con, "bill").furthest
    if complete is None:
        raise QueryError("the ledger holds no billed line yet; look at `finops status`")
    return min(complete, now.date())
