"""Judging: which days each rule looks at, and what becomes of the rows that it returns.

A rule runs only on days for which the sources it needs are complete. One that fails is a finding of
its own, so that the others still speak.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from string import Formatter
from types import MappingProxyType
from typing import Any

import duckdb
from pydantic import ValidationError

from finops.errors import QueryError, RuleError
from finops.model import Finding, Incident, Value, Window
from finops.money import in_times, usd
from finops.rules import expectation, faults, restraint
from finops.rules.bounded import ask
from finops.rules.files import Limits, Need, Rule
from finops.sqlfile import read

KINDS: dict[Need, tuple[str, ...]] = {
    "bill": ("cur", "athena"),
    "metrics": ("metric_stream", "cloudwatch"),
    "hours": ("metric_stream", "cloudwatch", "invocation_log", "athena_log"),
    "inventory": ("inventory",),
}
LATELY = timedelta(days=2)  # the last whole day of a source that still comes
CATCH_UP = timedelta(days=31)
# a source that is further behind the others has ended, and holds nobody back
STILL_COMES = timedelta(days=31)
SNAPSHOT_HOLDS = timedelta(days=35)  # an inventory speaks for the days after it, for a while
MOST_USD = Decimal(10) ** 15  # what a ledger may hold of dollars
LABELS = ("workload", "team", "environment", "account_id", "model")


class Checked(Value):
    """What a check found. `evaluated`: the last day on which each rule really ran; a rule that is not
    there could not see, and its incidents hold. `blind`: why."""

    findings: tuple[Finding, ...]
    evaluated: dict[str, date]
    blind: dict[str, str]


class Reach(Value):
    """Last whole days that the sources behind a need have; None where there is no such source.

    `slowest` is that of the source furthest behind among those that still come.
    """

    furthest: date | None
    slowest: date | None


Reaches = Mapping[Need, Reach]


def reaches(con: duckdb.DuckDBPyConnection) -> Reaches:
    ends = con.execute(read("rules", "reach").sql).fetchall()
    return {need: _reach(need, [end for kind, end in ends if kind in kinds]) for need, kinds in KINDS.items()}


def _reach(need: Need, ends: Sequence[date]) -> Reach:
    if not ends:
        return Reach(furthest=None, slowest=None)
    furthest = max(ends)
    slowest = min(end for end in ends if end > furthest - STILL_COMES)
    if need == "inventory":
        furthest = slowest = furthest + SNAPSHOT_HOLDS
    return Reach(furthest=furthest, slowest=slowest)


def refuse_unheld(con: duckdb.DuckDBPyConnection, day: date, now: datetime) -> None:
    """QueryError where `day` is before the bill, or after both the bill and today: there, "nothing found"
    would read as health. A bill that is late is another thing: rules that need it are blind, others run."""
    first, last = con.execute("select min(day), max(day) from billed_daily").fetchall()[0]
    if first is not None and not first <= day <= max(last, now.date()):
        raise QueryError(
            f"{day}: the ledger holds {first} to {last}; choose one of these days, or set this machine's clock"
        )


def check(
    con: duckdb.DuckDBPyConnection,
    rules: Sequence[Rule],
    day: date,
    now: datetime,
    since: Mapping[str, date] = MappingProxyType({}),
    incidents: Sequence[Incident] = (),
    planned: Sequence[Window] = (),
    limits: Limits = Limits(),
) -> Checked:
    """Run every rule on `day`, and on the days before it that the rule scores again.

    `since`: rule -> the last day it has run on. A rule that scores day by day also catches up from there,
    a month at most: what happened while nobody looked is still told. `incidents`: what has been told already;
    `planned`: what is told to nobody.
    """
    known = reaches(con)
    furthest = known["bill"].furthest
    if furthest is not None and day < furthest:  # somebody asks for a past day: what is now is not of it
        rules = [rule for rule in rules if rule.clock != "now"]
    if day != furthest:  # of a bill that has just begun, that is the day before it
        refuse_unheld(con, day, now)
    due = spans(con, rules, day, now, known, since)
    again = [one for rule in rules for one in _owed(rule, rules, incidents, day)]
    first = min([day, *again, *(first for first, _ in due.values())])
    expectation.prepare(con, first, for_ours=all(rule.is_ours for rule in rules))
    checked = judged(con, rules, due, known, day, now, incidents, planned, limits)
    expectation.open_up(con)  # for pictures of the weeks before
    return checked


def judged(
    con: duckdb.DuckDBPyConnection,
    rules: Sequence[Rule],
    due: Mapping[str, tuple[date, date]],
    known: Reaches,
    day: date,
    now: datetime,
    incidents: Sequence[Incident],
    planned: Sequence[Window],
    limits: Limits,
) -> Checked:
    """`due`: rule -> first and last day to judge, which is before the first where nothing can be."""
    findings: list[Finding] = []
    evaluated: dict[str, date] = {}
    blind: dict[str, str] = {}
    for rule in _in_order(rules):
        first, last = due[rule.name]
        if last < first:
            lacking = [need for need in rule.needs if (known[need].furthest or date.min) < first]
            blind[rule.name] = f"no complete {' and '.join(lacking)} for {day}"
            continue
        doubted = restraint.doubted(rule, findings)
        days = [one for one in _days(first, last) if one not in doubted]
        if not days:
            blind[rule.name] = f"{' and '.join(rule.not_on)} found fault with {last}"
            continue
        again = set(_owed(rule, rules, incidents, first - timedelta(days=1))) - doubted
        try:
            for scored in (*sorted(again), *days):
                findings += offenders(con, rule, scored, now, limits)
            reached = () if rule.clock == "now" else (known[need].slowest or last for need in rule.needs)
            evaluated[rule.name] = min([days[-1], *reached])
        except (duckdb.Error, RuleError) as exc:
            blind[rule.name] = str(exc).splitlines()[0]
            findings.append(faults.failed(rule, day, blind[rule.name]))
    evaluated["rule_failed"] = day
    told = restraint.news(rules, findings, incidents, planned, now)
    return Checked(findings=told, evaluated=evaluated, blind=blind)


def spans(
    con: duckdb.DuckDBPyConnection,
    rules: Sequence[Rule],
    day: date,
    now: datetime,
    known: Reaches,
    since: Mapping[str, date] = MappingProxyType({}),
) -> dict[str, tuple[date, date]]:
    """First and last day that each rule judges in a check of `day`."""
    begun = con.execute("select min(day) from billed_daily").fetchall()[0][0] or date.min
    return {rule.name: _span(rule, day, now, known, since, begun) for rule in rules}


def _owed(rule: Rule, rules: Sequence[Rule], incidents: Iterable[Incident], until: date) -> Iterator[date]:
    """The month's days before, on which a rule that this one waits for, or this one that is waited for, found
    fault: whenever the bill of them is mended, they are judged."""
    names = rule.not_on or {name for other in rules for name in other.not_on if name == rule.name}
    for one in incidents:
        if one.rule in names:
            yield from _days(max(one.first_day, until - CATCH_UP), min(one.last_day, until))


def _in_order(rules: Sequence[Rule]) -> list[Rule]:
    """Those that others wait for first."""
    awaited = {name for rule in rules for name in rule.not_on}
    return sorted(rules, key=lambda rule: rule.name not in awaited)


def _span(
    rule: Rule,
    day: date,
    now: datetime,
    known: Reaches,
    since: Mapping[str, date],
    begun: date,
) -> tuple[date, date]:
    """First and last day to judge; the last is before the first where what the rule needs is not there.
    `begun`: the first day of the bill."""
    if rule.clock == "now":
        there = all((known[need].furthest or date.min) >= now.date() - LATELY for need in rule.needs)
        return now.date(), now.date() if there else date.min
    last = min([day, *(known[need].furthest or date.min for need in rule.needs)])
    first = day - timedelta(days=rule.days - 1)
    if last >= first and rule.days > 1 and rule.name in since:
        first = max(min(first, since[rule.name] + timedelta(days=1)), day - CATCH_UP)
    return (max(first, begun) if "bill" in rule.needs else first), last


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def offenders(
    con: duckdb.DuckDBPyConnection, rule: Rule, day: date, now: datetime, limits: Limits
) -> list[Finding]:
    """The findings of one rule on one day; workloads with parameters of their own are judged by those."""
    found = [f for f in _run(con, rule, rule.values, day, now, limits) if f.workload not in rule.by_workload]
    for workload, values in rule.by_workload.items():
        found += [f for f in _run(con, rule, values, day, now, limits) if f.workload == workload]
    return found


def _run(
    con: duckdb.DuckDBPyConnection,
    rule: Rule,
    values: Mapping[str, Any],
    day: date,
    now: datetime,
    limits: Limits,
) -> list[Finding]:
    if rule.fault:
        raise RuleError(rule.fault)
    bound = rule.file.bind(**values, day=day, now=now.replace(tzinfo=None))
    most = limits.rule_findings
    names, rows, total = ask(con, rule.file.sql, bound, seconds=limits.rule_seconds, most=most)
    if "subject" not in names:
        raise RuleError(f"{rule.file.path.name}: returns no column `subject`; it has {', '.join(names)}")
    try:
        found = [_finding(rule, day, dict(zip(names, row, strict=True))) for row in rows]
        found += faults.doubled(rule, day, found)
    except ValidationError as exc:
        told = (f"column {fault['loc'][0]}: {fault['msg']}" for fault in exc.errors())
        raise RuleError(f"{rule.file.path.name}: {'; '.join(told)}") from exc
    except InvalidOperation as exc:
        raise RuleError(f"{rule.file.path.name}: column usd: holds what is no number") from exc
    return found if total <= most else [*found, faults.cut(rule, day, total, most)]


def _finding(rule: Rule, day: date, row: dict[str, Any]) -> Finding:
    if row["subject"] is None:
        raise RuleError(f"{rule.file.path.name}: returns a row whose `subject` is NULL")
    series = _series(rule, row.pop("series", None) or [])
    labels = {name: row.get(name) for name in LABELS}
    own = {"subject", "usd", "severity", "basis", "next_step"}
    dollars = _dollars(rule, row.get("usd"))
    return Finding(
        rule=rule.name,
        title=rule.title,
        headline=sentence(rule.headline, row),
        severity=rule.forced or row.get("severity") or rule.severity,
        subject=str(row["subject"]),
        day=day,
        usd=dollars,
        summary=sentence(rule.summary, row),
        why=rule.why,
        next_step=row.get("next_step") or sentence(rule.next_step, row),
        runbook=rule.runbook,
        basis=row.get("basis"),
        facts={k: None if v is None else str(v) for k, v in row.items() if k not in own and k not in LABELS},
        series=tuple((day, usd) for day, usd, _ in series),
        usual=tuple((day, usual) for day, _, usual in series if usual is not None),
        **labels,
    )


def _dollars(rule: Rule, value: Any) -> Decimal | None:
    if value is None:
        return None
    dollars = Decimal(str(value))
    if not dollars.is_finite() or abs(dollars) >= MOST_USD:
        raise RuleError(f"{rule.file.path.name}: column usd: {value} is no amount of dollars")
    return dollars


def _series(rule: Rule, pairs: Iterable[Any]) -> list[tuple[date, Decimal, Decimal | None]]:
    """Of each day its dollars and, where the rule says so and it is known, what is usual."""
    try:
        return [
            (day, Decimal(str(usd)), Decimal(str(usual[0])) if usual and usual[0] is not None else None)
            for day, usd, *usual in pairs
        ]
    except (TypeError, ValueError, InvalidOperation) as exc:
        raise RuleError(
            f"{rule.file.path.name}: column series: expected (day, usd) or (day, usd, usual_usd), with a number as usd"
        ) from exc


class _Words(Formatter):
    """Python's formats, and `usd` for dollars; a share beyond 1000% is so many times. NULL reads as `unknown`,
    whatever was asked for."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            return "unknown"
        if format_spec == "usd":
            return usd(Decimal(str(value)))
        words = str(format(value, format_spec))
        return in_times(words) if format_spec.endswith("%") else words


def sentence(template: str, row: Mapping[str, Any]) -> str:
    try:
        return _Words().vformat(template, (), row)
    except (LookupError, AttributeError, ArithmeticError, ValueError, TypeError) as exc:
        raise RuleError(f"{template!r}: {exc}; it may name only columns that the rule returns") from exc
