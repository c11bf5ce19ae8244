"""The straight line, top to bottom: sources, ledger, catalogue, rules, incidents, channels."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from finops import metrics, sqlfile
from finops.aws import Aws, AwsError
from finops.catalogue import generations
from finops.channels import Console, named
from finops.config import Settings
from finops.errors import ConfigError, LedgerError, QueryError
from finops.explain.beside import beside
from finops.incidents.machine import Policy
from finops.ledger import Ledger, Record
from finops.model import Decision, Delivery, Stored, Value
from finops.notify.outcome import Outcome, evaluated, failures
from finops.notify.readers import FAILED
from finops.notify.teller import Teller
from finops.rules import judge
from finops.rules.files import known_rules
from finops.sources import InvocationLog, Reading, Source
from finops.state.store import FILE, State

Progress = Callable[[str], None]
OF_ONE_DELIVERY = ("Gone", "NoPartition", "Rewritten", "SpendCap", "Updating")  # its neighbours may be had
MEMORY_MIB = (
    128  # per processor, for reading a delivery: wide row groups fit, and millions of Bedrock's lines
)
_PERIOD = re.compile(r"\d{4}-\d{2}(-\d{2})?")


class Synced(Value):
    """What a sync did. `kept`: deliveries that a source no longer has and the ledger still holds;
    `dropped`: those that went with their source, or were a file that is gone; `unreachable`: sources that
    AWS refused, with its words: what the ledger holds of them stays, and the next sync asks again."""

    generation: int
    published: bool
    read: tuple[str, ...]
    unchanged: int
    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    restated_days: int
    unreachable: dict[str, str] = {}
    aws_requests: int = 0
    aws_usd: Decimal = Decimal(0)  # what AWS bills for having been asked


class Ran(Value):
    """What a check found and told."""

    day: date
    checked: judge.Checked
    decision: Decision
    outcomes: tuple[Outcome, ...]


def sync(
    home: Path,
    settings: Settings,
    now: datetime,
    *,
    rebuild: bool = False,
    kinds: Collection[str] = (),
    say: Progress = lambda _: None,
) -> Synced:
    """Read what changed, publish a new generation if anything did. With `kinds`, sources of others are not asked,
    and what is held of them stays.

    A fault leaves what is published as it was. What a fault of reading had left read is in the record, so that the
    next sync neither reads nor pays for it again; what is read whole and cannot be published leaves the record, too.
    """
    asked = _asked(home, settings, kinds)
    unasked = {source.name for source in settings.sources} - {source.name for source in asked}
    ledger = Ledger(home)
    with ledger.writing():
        record = ledger.record()
        reading = Reading(home=home, now=now, aws=Aws(settings.aws), held=record.stored, say=say)
        unreachable: dict[str, str] = {}
        available = list(_available(asked, reading, unreachable))
        generation = ledger.next_generation(record)
        changed = [pair for pair in available if rebuild or _differs(record, pair[1])]
        there = _there(record, available, unreachable.keys() | unasked)
        held = {key: one for key, one in record.stored.items() if key in there or _lasts(settings, one)}
        dropped = tuple(sorted(record.stored.keys() - held.keys()))
        read = _read(ledger, record, changed, generation, reading, unreachable)
        digest = _fingerprint(settings)
        stale = bool(read or dropped or rebuild) or not ledger.current(record)
        told = {name: words for name, words in record.unreachable.items() if name in unasked} | unreachable
        stale = stale or (record.settings, record.unreachable) != (digest, told)
        restated = 0
        if stale:
            record = Record(generation=generation, stored=held | read, settings=digest, unreachable=told)
            say(f"publishing generation {generation}")
            restated = _publish(ledger, record, settings, now, rebuild)
    return Synced(
        generation=record.generation,
        published=stale,
        read=tuple(stored.delivery.origin for stored in read.values()),
        unchanged=len(available) - len(changed),
        kept=tuple(sorted(held.keys() - there)),
        dropped=dropped,
        restated_days=restated,
        unreachable=unreachable,
        aws_requests=reading.aws.calls.total(),
        aws_usd=sum(reading.aws.charges.values(), Decimal(0)),
    )


def _publish(ledger: Ledger, record: Record, settings: Settings, now: datetime, rebuild: bool) -> int:
    """Returns the number of days whose bill changed."""
    built = generations.build(ledger, record, settings.plan, now, from_nothing=rebuild)
    ledger.commit(record)  # a crash from here on is healed by the next sync, which publishes it
    generations.swap(ledger, built)
    return built.restated_days


def _asked(home: Path, settings: Settings, kinds: Collection[str]) -> list[Source]:
    if not settings.sources:
        raise ConfigError(f"{home / 'finops.toml'}: no [[sources]]; add one, or let `finops init` write them")
    there = {source.kind for source in settings.sources}
    for kind in sorted(set(kinds) - there):
        raise ConfigError(f"no [[sources]] of kind {kind!r}; there is {', '.join(sorted(there))}")
    return [source for source in settings.sources if not kinds or source.kind in kinds]


def _read(
    ledger: Ledger,
    record: Record,
    changed: list[tuple[Source, Delivery]],
    generation: int,
    reading: Reading,
    unreachable: dict[str, str],
) -> dict[str, Stored]:
    """What could be had of what changed. A fault leaves what was read until then in the record."""
    read: dict[str, Stored] = {}
    try:
        for one in _load(ledger, changed, generation, reading, unreachable):
            read[one.key] = one
    except BaseException:  # an interrupt too: what was read took minutes, and may have cost money
        if read:
            kept = {"generation": generation, "stored": record.stored | read}
            ledger.commit(record.model_copy(update=kept))  # not published: the next sync does it
        raise
    return read


def _available(
    sources: Sequence[Source], reading: Reading, unreachable: dict[str, str]
) -> Iterator[tuple[Source, Delivery]]:
    """What every source has. One that AWS refuses does not stop the others."""
    for source in sources:
        try:
            yield from ((source, delivery) for delivery in source.deliveries(reading))
        except AwsError as exc:
            unreachable[source.name] = str(exc)


def _there(record: Record, available: Sequence[tuple[Source, Delivery]], silent: Collection[str]) -> set[str]:
    """Keys of what the sources have; one that was not asked, or did not answer, has what it had."""
    assumed = {key for key, stored in record.stored.items() if stored.delivery.source in silent}
    return assumed | {delivery.key for _, delivery in available}


def _lasts(settings: Settings, stored: Stored) -> bool:
    """Whether a delivery that its source no longer has stays: a period or a day does, as long as the source
    is configured; a file known only by its name does not, for renamed it would count twice."""
    known = {source.name for source in settings.sources}
    return stored.delivery.source in known and bool(_PERIOD.fullmatch(stored.delivery.partition))


def _fingerprint(settings: Settings) -> str:
    """Of all that names and views come from besides the deliveries: another one publishes anew."""
    told = settings.model_dump_json(
        include={"tags", "accounts", "principals", "cost_categories", "workloads", "budgets", "production"}
    )
    return hashlib.sha256(f"{metrics.fingerprint(settings.metrics)}\0{told}".encode()).hexdigest()


def _differs(record: Record, delivery: Delivery) -> bool:
    known = record.stored.get(delivery.key)
    return known is None or known.delivery.signature != delivery.signature


def _load(
    ledger: Ledger,
    changed: list[tuple[Source, Delivery]],
    generation: int,
    reading: Reading,
    unreachable: dict[str, str],
) -> Iterator[Stored]:
    """What has been read when AWS begins to refuse is kept; of that source nothing more is asked, unless what
    was refused is a matter of the one delivery."""
    refused: set[str] = set()
    words = any(isinstance(source, InvocationLog) for source, _ in changed)
    with scratch(ledger.root / "scratch", encrypted=words) as database:
        for number, (source, delivery) in enumerate(changed, 1):
            if source.name in refused:
                continue
            reading.say(f"reading {delivery.source} {delivery.partition} ({number} of {len(changed)})")
            with database.cursor() as con:  # temporary tables are the cursor's own and go with it
                try:
                    read = source.load(con, delivery, reading)
                except AwsError as exc:
                    unreachable.setdefault(source.name, str(exc))
                    if exc.code not in OF_ONE_DELIVERY:
                        refused.add(source.name)
                    continue
                yield ledger.store(con, read, source.tables, generation)


@contextlib.contextmanager
def scratch(directory: Path, *, encrypted: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in bounded memory, whatever the bill's size; what does not fit waits in `directory`.

    `encrypted`: with a key that is only in memory, for whoever reads what people wrote. DuckDB writes whole blocks,
    and in the unused part of one may be left what memory held before, such as a prompt that was passed over. Its
    built-in cipher is not certified, hence the setting's name, and needs no extension; it costs more than the rest.
    """
    limit = f"{MEMORY_MIB * max(2, os.cpu_count() or 2)}MiB"
    shutil.rmtree(directory, ignore_errors=True)  # a killed run's
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": limit,
        "temp_directory": str(directory),
        "force_mbedtls_unsafe": encrypted,
        "temp_file_encryption": encrypted,
    }
    try:
        with duckdb.connect(config=config) as con:
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
        try:
            yield con
        except duckdb.CatalogException as exc:  # asked for what an earlier version did not publish
            said = str(exc).splitlines()[0]
            raise LedgerError(
                f"{link}: {said} Where a newer finops has it, `finops sync` publishes it"
            ) from exc


def check(
    home: Path, settings: Settings, now: datetime, day: date | None = None, *, quiet_stdout: bool = False
) -> Ran:
    """Run every rule, decide, tell. `day` defaults to the last complete day of the bill.

    `quiet_stdout`: consoles print on stderr, because stdout belongs to a program.
    """
    channels = named(settings.channels or (Console(),), "stderr" if quiet_stdout else None)
    with State(home / FILE) as state, published(home) as con:
        day = day or last_day(con, now)
        known = known_rules(settings.rules, settings.alerts)
        planned = tuple(one.window for one in settings.planned)
        checked = judge.check(
            con,
            known,
            day,
            now,
            since=state.evaluated(),
            incidents=state.incidents(),
            planned=(*planned, *state.planned()),
            limits=settings.limits,
        )
        seconds, cooldown = settings.limits.rule_seconds, Policy().cooldown
        more = beside(con, checked.findings, known, state.incidents(), day, now, cooldown, seconds)
        checked = checked.model_copy(update={"findings": more.findings})
        names = frozenset(rule.name for rule in known)
        teller = Teller(state, channels, now, planned, more.billed, names, *_standing(con))
        decision = teller.record(checked.findings, checked.evaluated)
        outcomes = teller.send()
        today = now.date()  # of channels, whatever day of the bill was looked at
        broken = {
            one.finding.subject for one in state.incidents() if one.rule == FAILED and one.state != "resolved"
        }
        seen = evaluated(outcomes, today, broken & channels.keys())
        about_channels = teller.record(failures(outcomes, today), seen)
        if about_channels.notices:
            outcomes += teller.send()
    return Ran(day=day, checked=checked, decision=decision, outcomes=tuple(outcomes))


def _standing(con: duckdb.DuckDBPyConnection) -> tuple[int, date | None]:
    """Which generation this is, and the last day that is settled in every bill that still comes."""
    rows = con.execute(sqlfile.read("rules", "standing").sql).fetchall()
    return rows[0][0], rows[0][1]


def last_day(con: duckdb.DuckDBPyConnection, now: datetime) -> date:
    """The last complete day of the bill, and never one after today."""
    complete = judge.reaches(con)["bill"].furthest
    if complete is None:
        raise QueryError("the ledger holds no billed line yet; look at `finops status`")
    return min(complete, now.date())
