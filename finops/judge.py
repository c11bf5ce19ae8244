"""Judging: which days each rule looks at, and what becomes of the rows that it returns.

A rule runs only on days for which the sources it needs are complete. One that fails is a finding of
its own, so that the others still speak.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from string import Formatter
from types import MappingProxyType
from typing import Any

import duckdb
from pydantic import ValidationError

from finops.errors import QueryError, RuleError
from finops.model import Finding, Value
from finops.money import usd
from finops.rules import Need, Rule
from finops.sqlfile import read

KINDS: dict[Need, tuple[str, ...]] = {
    "bill": ("cur", "athena"),
    "metrics": ("metric_stream", "cloudwatch"),
    "inventory": ("inventory",),
}
CATCH_UP = timedelta(days=31)
SNAPSHOT_HOLDS = timedelta(days=35)  # an inventory speaks for the days after it, for a while
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


def reach(con: duckdb.DuckDBPyConnection, need: Need) -> Reach:
    query = read("rules", "reach")
    furthest, slowest = con.execute(query.sql, query.bind(kinds=list(KINDS[need]))).fetchall()[0]
    if need == "inventory":
        furthest = slowest = furthest and furthest + SNAPSHOT_HOLDS
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
) -> Checked:
    """Run every rule on `day`, and on the days before it that the rule scores again.

    `since`: rule -> the last day it has run on. A rule that scores day by day also catches up from there,
    a month at most: what happened while nobody looked is still told.
    """
    refuse_unheld(con, day, now)
    reaches = {need: reach(con, need) for need in KINDS}
    findings: list[Finding] = []
    evaluated: dict[str, date] = {}
    blind: dict[str, str] = {}
    con.execute(read("rules", "expected_once").sql)
    for rule in rules:
        last = min([day, *(reaches[need].furthest or date.min for need in rule.needs)])
        first = day - timedelta(days=rule.days - 1)
        if last < first:
            lacking = [need for need in rule.needs if (reaches[need].furthest or date.min) < first]
            blind[rule.name] = f"no complete {' and '.join(lacking)} for {day}"
            continue
        if rule.days > 1 and rule.name in since:
            first = max(min(first, since[rule.name] + timedelta(days=1)), day - CATCH_UP)
        try:
            for scored in (first + timedelta(days=n) for n in range((last - first).days + 1)):
                findings += offenders(con, rule, scored, now)
            evaluated[rule.name] = min([last, *(reaches[need].slowest or last for need in rule.needs)])
        except (duckdb.Error, RuleError) as exc:
            blind[rule.name] = str(exc).splitlines()[0]
            findings.append(failed(rule, day, blind[rule.name]))
    evaluated["rule_failed"] = day
    return Checked(findings=tuple(findings), evaluated=evaluated, blind=blind)


def offenders(con: duckdb.DuckDBPyConnection, rule: Rule, day: date, now: datetime) -> list[Finding]:
    """The findings of one rule on one day; workloads with parameters of their own are judged by those."""
    found = [f for f in _run(con, rule, rule.values, day, now) if f.workload not in rule.by_workload]
    for workload, values in rule.by_workload.items():
        found += [f for f in _run(con, rule, values, day, now) if f.workload == workload]
    return found


def _run(
    con: duckdb.DuckDBPyConnection, rule: Rule, values: Mapping[str, Any], day: date, now: datetime
) -> list[Finding]:
    if rule.fault:
        raise RuleError(rule.fault)
    bound = rule.file.bind(**values, day=day, now=now.replace(tzinfo=None))
    result = con.execute(rule.file.sql, bound)
    names = [column[0] for column in result.description]
    rows = result.fetchall()
    if "subject" not in names:
        raise RuleError(f"{rule.file.path.name}: returns no column `subject`; it has {', '.join(names)}")
    try:
        return [_finding(rule, day, dict(zip(names, row, strict=True))) for row in rows]
    except ValidationError as exc:
        faults = (f"column {fault['loc'][0]}: {fault['msg']}" for fault in exc.errors())
        raise RuleError(f"{rule.file.path.name}: {'; '.join(faults)}") from exc
    except InvalidOperation as exc:
        raise RuleError(f"{rule.file.path.name}: column usd: holds what is no number") from exc


def _finding(rule: Rule, day: date, row: dict[str, Any]) -> Finding:
    if row["subject"] is None:
        raise RuleError(f"{rule.file.path.name}: returns a row whose `subject` is NULL")
    series = row.pop("series", None) or []
    labels = {name: row.get(name) for name in LABELS}
    own = {"subject", "usd", "severity", "basis", "next_step"}
    return Finding(
        rule=rule.name,
        title=rule.title,
        headline=sentence(rule.headline, row),
        severity=rule.forced or row.get("severity") or rule.severity,
        subject=str(row["subject"]),
        day=day,
        usd=None if row.get("usd") is None else Decimal(str(row["usd"])),
        summary=sentence(rule.summary, row),
        why=rule.why,
        next_step=row.get("next_step") or sentence(rule.next_step, row),
        runbook=rule.runbook,
        basis=row.get("basis"),
        facts={k: None if v is None else str(v) for k, v in row.items() if k not in own and k not in LABELS},
        series=tuple((d, Decimal(str(v))) for d, v in series),
        **labels,
    )


class _Words(Formatter):
    """Python's formats, and `usd` for dollars. NULL reads as `unknown`, whatever was asked for."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            return "unknown"
        return usd(Decimal(str(value))) if format_spec == "usd" else str(format(value, format_spec))


def sentence(template: str, row: Mapping[str, Any]) -> str:
    try:
        return _Words().vformat(template, (), row)
    except (LookupError, AttributeError, ArithmeticError, ValueError, TypeError) as exc:
        raise RuleError(
            f"summary {template!r}: {exc}; it may name only columns that the rule returns"
        ) from exc


def failed(rule: Rule, day: date, reason: str) -> Finding:
    """The finding that a rule could not run: silence must not look like health."""
    return Finding(
        rule="rule_failed",
        title="A rule could not run",
        headline=f"rule {rule.name} could not run",
        severity="warn",
        subject=rule.name,
        day=day,
        summary=f"{rule.name} could not run on {day}: {reason}",
        why="What this rule watches is unwatched until it runs again; its open incidents stay as they are.",
        next_step=f"Run `finops rules run {rule.name} --day {day}` to see the error, and mend {rule.file.path.name}.",
        runbook="docs/rules.md#rule_failed",
    )
