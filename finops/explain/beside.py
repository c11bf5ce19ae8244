"""What is said beside findings: what changed, the days before, what the bill says of an estimate.

None of it costs an alert: what fails, or takes too long, is a finding of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import duckdb

from finops.errors import RuleError
from finops.explain.billed import billed
from finops.explain.causes import explained
from finops.explain.days import pictured
from finops.model import Billed, Finding, Incident, Value
from finops.rules.files import Rule


class Beside(Value):
    """`billed`: by incident; one that is not there waits."""

    findings: tuple[Finding, ...]
    billed: dict[str, Billed]


def beside(
    con: duckdb.DuckDBPyConnection,
    findings: Sequence[Finding],
    rules: Sequence[Rule],
    incidents: Sequence[Incident],
    day: date,
    now: datetime,
    cooldown: timedelta,
    seconds: float,
) -> Beside:
    """`day` is that of the check; no statement runs longer than `seconds`."""
    faults: list[Finding] = []
    told, bill = explained(con, findings, rules, seconds), dict[str, Billed]()
    with _spared("the days before an alert", day, faults):
        told = pictured(con, told, seconds)
    with _spared("the bill of an estimate", day, faults):
        bill = billed(con, incidents, now, cooldown, seconds)
    return Beside(findings=(*told, *faults), billed=bill)


@contextmanager
def _spared(what: str, day: date, faults: list[Finding]) -> Iterator[None]:
    try:
        yield
    except (duckdb.Error, RuleError) as exc:
        faults.append(_failed(what, day, str(exc).splitlines()[0]))


def _failed(what: str, day: date, reason: str) -> Finding:
    return Finding(
        rule="rule_failed",
        title="What goes with an alert is missing",
        headline=f"{what}: not to be had",
        severity="warn",
        subject=what,
        day=day,
        summary=f"{what} could not be looked up on {day}: {reason}",
        why="Alerts are told without it until it can be looked up again.",
        next_step="Run `finops sync --rebuild`; where it was stopped, raise [limits] rule_seconds.",
        runbook="docs/rules.md#rule_failed",
    )
