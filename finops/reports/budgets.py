"""Budgets beside the bill: how they stand, and what a changed finops.toml would make of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import duckdb

from finops.declared.budgets import SCOPES, Budget
from finops.declared.workloads import Workload
from finops.errors import ConfigError
from finops.model import Finding, Value
from finops.rules import judge
from finops.rules.files import Limits, Rule, nearest
from finops.sqlfile import read


class Standing(Value):
    """A row of the view `budgets`, of the latest month."""

    budget: str
    scope: str
    amount_usd: Decimal
    actual_usd: Decimal
    projected_usd: Decimal
    share: float
    projected_share: float
    breach_day: date | None
    month: date
    as_of: date
    basis: str


class Change(Value):
    """What the next sync would do to one budget; `keys` are those that differ of one that is changed."""

    kind: Literal["added", "removed", "changed", "kept"]
    name: str
    before: Budget | None
    after: Budget | None
    keys: tuple[str, ...] = ()


class Outlook(Value):
    """Changes, and what the rule would say of `day`: `told` with the published budgets, `would_tell` with the new."""

    day: date
    changes: tuple[Change, ...]
    told: tuple[Finding, ...]
    would_tell: tuple[Finding, ...]
    standings: tuple[Standing, ...]


def standings(con: duckdb.DuckDBPyConnection) -> tuple[Standing, ...]:
    return tuple(Standing.model_validate(row) for row in read("budgets", "standing").rows(con))


def outlook(
    con: duckdb.DuckDBPyConnection,
    budgets: Sequence[Budget],
    rule: Rule | None,
    day: date,
    now: datetime,
    limits: Limits,
) -> Outlook:
    """What publishing `budgets` would change, and what `rule` would tell, if it is not switched off. Afterwards
    `con` answers as if they were published."""
    published = [Budget.model_validate(row) for row in read("budgets", "published").rows(con)]
    told = judge.offenders(con, rule, day, now, limits) if rule else ()
    con.execute(read("budgets", "stand_before").sql)
    if budgets:
        rows = [budget.row for budget in budgets]
        con.executemany("insert into declared_budgets values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return Outlook(
        day=day,
        changes=changes(published, budgets),
        told=tuple(told),
        would_tell=tuple(judge.offenders(con, rule, day, now, limits)) if rule else (),
        standings=standings(con),
    )


def changes(before: Sequence[Budget], after: Sequence[Budget]) -> tuple[Change, ...]:
    """By name: what is added, changed, removed and kept, in this order."""
    old, new = ({budget.name: budget for budget in side} for side in (before, after))
    found = [_change(name, old.get(name), new.get(name)) for name in sorted(old | new)]
    order = ("added", "changed", "removed", "kept")
    return tuple(sorted(found, key=lambda change: order.index(change.kind)))


def _change(name: str, before: Budget | None, after: Budget | None) -> Change:
    if before is None or after is None:
        return Change(kind="added" if before is None else "removed", name=name, before=before, after=after)
    keys = tuple(key for key in Budget.model_fields if getattr(before, key) != getattr(after, key))
    return Change(kind="changed" if keys else "kept", name=name, before=before, after=after, keys=keys)


def refuse_unknown(
    con: duckdb.DuckDBPyConnection, budgets: Sequence[Budget], workloads: Sequence[Workload] = ()
) -> None:
    """ConfigError where a budget is of a name that neither the bill nor [[workloads]] knows."""
    known: dict[str, set[str]] = {key: set() for key in SCOPES}
    for row in read("budgets", "names").rows(con):
        known[row["key"]].add(row["name"])
    for declared in workloads:
        known["workload"].add(declared.name)
        known["team"] |= {declared.team} if declared.team else set()
        known["environment"] |= set(declared.environments)
    faults = [
        f"[[budgets]] {budget.name!r}: nothing is known of {key} {name!r}{nearest(name, known[key])}"
        for budget in budgets
        for key in SCOPES
        if (name := getattr(budget, key)) is not None and name not in known[key]
    ]
    if faults:
        raise ConfigError("\n".join(faults))
