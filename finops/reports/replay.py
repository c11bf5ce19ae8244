"""Replay: every morning of a span again, and what would have been sent on it. Nothing is written down.

The rules are the live ones. What they read is set back to each morning: the last three days as they were known
then, older ones as they had settled. Of the ledger only the present state of its days is known, each as if it had
been known the morning after; a file of series may tell what was known when.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import duckdb

from finops import metrics
from finops.errors import ConfigError
from finops.incidents.machine import Policy, decide
from finops.model import Finding, Incident, Notice, Reason, Severity, Value, Window
from finops.rules import expectation, judge
from finops.rules.files import Limits, Rule
from finops.sqlfile import QUERIES, Header, load, read

OF_SERIES = (
    "spend_spike",
    "spend_anomaly",
    "spend_drift",
    "new_spend",
    "spend_drop",
)  # judge daily dollars alone
TOLD: tuple[Reason, ...] = ("opened", "reopened", "escalated", "reminder")
AT = time(8, tzinfo=UTC)
DAY = timedelta(days=1)
LONGEST = timedelta(days=30 * 366)


class Sent(Value):
    """A message that would have been sent on the morning of `sent_on`, about `day`. `usd` is what the day cost and
    `expected` what it was expected to, `stake_usd` the money at stake; `keys` is what the file says of its series."""

    rule: str
    day: date
    sent_on: date
    subject: str
    direction: Literal["up", "down"]
    severity: Severity
    reason: Reason
    usd: Decimal | None
    expected: Decimal | None
    stake_usd: Decimal | None
    summary: str
    keys: dict[str, Any] = {}


class Replayed(Value):
    """`first` and `last` day that was judged; `blind`: rule -> why it ran on no morning."""

    first: date
    last: date
    sent: tuple[Sent, ...]
    blind: dict[str, str] = {}


def know_file(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """The series of a Parquet or CSV file. All other views are empty: a file tells of dollars alone."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("parquet", "csv"):
        raise ConfigError(
            f"{path}: is neither .parquet nor .csv; columns are day, subject, usd, and known_on or keys"
        )
    if not path.is_file():
        raise ConfigError(f"{path}: no such file")
    try:
        _run(con, f"read_{kind}", path=str(path))
    except duckdb.Error as exc:
        reason = " ".join(str(exc).splitlines()[:2]).partition(": ")[2].strip()
        raise ConfigError(f"{path}: cannot be read: {reason}; write it anew, as {kind.upper()}") from exc
    columns = {name.lower(): name for (name,) in _run(con, "columns")}
    for name in columns.keys() & {"subject", "day", "usd", "known_on"}:
        con.execute(f'alter table series_file rename "{columns[name]}" to {name}')
    missing = {"day", "subject", "usd"} - columns.keys()
    if missing:
        raise ConfigError(
            f"{path}: has no column {' nor '.join(sorted(missing))}, but {', '.join(map(repr, columns.values()))}; "
            "it needs day, subject and usd, and as many fields in each row"
        )
    if "known_on" not in columns:
        _run(con, "known_next_morning")
    _run(con, "series_named")
    _run(con, "series_known")
    for line, fault in _run(con, "series_faults"):
        raise ConfigError(f"{path}: row {line}: {fault}")
    for metric in metrics.shipped():
        if metric.name in metrics.JUDGED_BY:
            continue
        con.execute(f'create or replace temp table "{metric.name}" as from "{metric.name}" limit 0')


def know_ledger(con: duckdb.DuckDBPyConnection, views: Sequence[Path] = ()) -> None:
    """The series of the published ledger. Bill, metrics, logged calls and restatements are set back to the morning
    that is looked at; of inventories only the present is known.
    `views`: directories of views of one's own."""
    _run(con, "ledger_named")
    _run(con, "ledger_known")
    _look_at(con, date.max)  # views are made of names that have a type
    ((database,),) = _run(con, "database")
    for path in sorted((QUERIES / "replay" / "set_back").glob("*.sql")):
        con.execute(load(path, Header)[0].sql.replace("published.", f'"{database}".main.'))
    for metric in metrics.shipped(views):
        if metric.name not in metrics.JUDGED_BY:
            con.execute(f'create or replace temp view "{metric.name}" as {metric.file.sql}')


def replay(
    con: duckdb.DuckDBPyConnection,
    rules: Sequence[Rule],
    first: date | None = None,
    last: date | None = None,
    *,
    of_file: bool = False,
    limits: Limits = Limits(),
    planned: Sequence[Window] = (),
    watch: Callable[[float], None] = lambda share: None,
) -> Replayed:
    """What would have been sent about the days from `first` to `last`, by default all that are known. `watch` hears
    after each morning what share of them is done."""
    first, last, until = _span(con, first, last)
    if of_file:
        rules = [rule for rule in rules if rule.name in OF_SERIES]
    keys = {name: json.loads(told) for name, told in _run(con, "keys")}
    arrived, reaches = dict(_run(con, "arrivals")), judge.reaches(con)
    told: dict[str, Incident] = {}
    sent: list[Sent] = []
    blind: dict[str, str] = {}
    ran: set[str] = set()
    ours = all(rule.is_ours for rule in rules)
    if ours:
        expectation.on_one_thread(con)
    lately = of_file and ours
    for morning in _mornings(con, first + DAY, until, lately):
        spans = _spans(con, rules, morning, arrived, reaches, of_file)
        spans = {name: (max(begins, first), min(ends, last)) for name, (begins, ends) in spans.items()}
        now = datetime.combine(morning, AT)
        incidents = tuple(told.values())
        checked = judge.judged(con, rules, spans, reaches, morning - DAY, now, incidents, planned, limits)
        decision = decide(incidents, checked.findings, checked.evaluated, now, Policy(), planned)
        told |= {incident.id: incident for incident in decision.incidents}
        sent += [_sent(notice, morning, keys) for notice in decision.notices if notice.reason in TOLD]
        watch((morning - first) / (until - first))
        blind, ran = blind | checked.blind, ran | checked.evaluated.keys()
    never = {name: why for name, why in blind.items() if name not in ran}
    return Replayed(first=first, last=last, sent=tuple(sent), blind=never)


def _span(con: duckdb.DuckDBPyConnection, first: date | None, last: date | None) -> tuple[date, date, date]:
    """First and last day within what is known, and the last morning that may bring anything about them."""
    known_first, known_last, latest = _run(con, "span")[0]
    if known_first is None:
        raise ConfigError("nothing is known of any day: there is nothing to replay")
    if first and last and last < first:
        raise ConfigError(f"--to {last} is before --from {first}; give them the other way round")
    first, last = max(first or known_first, known_first), min(last or known_last, known_last)
    if last < first:
        raise ConfigError(f"only {known_first} to {known_last} is known; choose --from and --to within")
    if last - first > LONGEST:
        raise ConfigError(
            f"{first} to {last} is more than thirty years: is a day mistyped? Else choose --from and --to"
        )
    return first, last, max(last + DAY, min(last + 3 * DAY, latest))


def _mornings(con: duckdb.DuckDBPyConnection, first: date, last: date, lately: bool) -> Iterator[date]:
    """Each morning in turn, with the views set back to it. Where a day that had settled changes, they are made anew.
    `lately`: nobody asks what was expected of days before those that are judged."""
    late = [known_on for (known_on,) in _run(con, "late") if first < known_on <= last]
    _look_at(con, first)
    for begins, ends in zip([first, *late], [*late, last + DAY], strict=True):
        _settle(con, begins, lately)
        for morning in (begins + timedelta(days=n) for n in range((ends - begins).days)):
            _look_at(con, morning)
            _run(con, "expected_now", morning=morning)
            yield morning


def _look_at(con: duckdb.DuckDBPyConnection, morning: date) -> None:
    _run(con, "morning", morning=morning)
    _run(con, "now", now=datetime.combine(morning, AT).replace(tzinfo=None))


def _settle(con: duckdb.DuckDBPyConnection, morning: date, lately: bool) -> None:
    since = morning - 3 * DAY
    _run(con, "series_settled", morning=morning, since=since - timedelta(days=expectation.PAST))
    for name in ("series_held", "series_spans", "series_amounts"):
        _run(con, name)
    expectation.expect(con, since - timedelta(days=expectation.DAY_BEFORE), "expected_daily")
    expectation.reach_back(con, "expected_daily", "expected_settled")
    _run(con, "expected_known", since=since)
    _run(con, "expected_now", morning=morning)
    _run(con, "expected_lately" if lately else "expected_as_known")
    _run(con, "lists_as_known")
    _run(con, "series_as_known")
    expectation.look(con, "deviation_daily")


def _spans(
    con: duckdb.DuckDBPyConnection,
    rules: Sequence[Rule],
    morning: date,
    arrived: Mapping[date, date],
    reaches: judge.Reaches,
    of_file: bool,
) -> dict[str, tuple[date, date]]:
    """Days that each rule judges on a morning: those that a check of that morning would."""
    if not of_file:
        return judge.spans(con, rules, morning - DAY, datetime.combine(morning, AT), reaches)
    there = (morning - n * DAY for n in (1, 2, 3) if arrived.get(morning - n * DAY, date.max) <= morning)
    day = next(there, date.min)
    return {rule.name: (morning - timedelta(days=rule.days), day) for rule in rules}


def _sent(notice: Notice, morning: date, keys: Mapping[str, dict[str, Any]]) -> Sent:
    finding = notice.incident.finding
    return Sent(
        rule=finding.rule,
        day=finding.day,
        sent_on=morning,
        subject=keys.get(finding.subject, {}).get("subject", finding.subject),
        direction="down" if finding.facts.get("direction") == "down" else "up",
        severity=finding.severity,
        reason=notice.reason,
        usd=_dollars(finding, "actual_usd"),
        expected=_dollars(finding, "expected_usd"),
        stake_usd=finding.usd,
        summary=finding.summary,
        keys=keys.get(finding.subject) or _labels(finding),
    )


def _labels(finding: Finding) -> dict[str, Any]:
    return finding.model_dump(include={"workload", "model", "environment", "team"})


def _dollars(finding: Finding, fact: str) -> Decimal | None:
    told = finding.facts.get(fact)
    return None if told is None else Decimal(told)


def _run(con: duckdb.DuckDBPyConnection, name: str, **values: Any) -> list[tuple[Any, ...]]:
    query = read("replay", name)
    return con.execute(query.sql, query.bind(**values)).fetchall()
