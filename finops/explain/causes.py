"""What changed: a workload's dollars of a day beside its usual ones, with the parts that the views give them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

import duckdb

from finops.errors import QueryError, RuleError
from finops.model import Finding, Value
from finops.rules.bounded import ask
from finops.rules.files import Rule, nearest
from finops.sqlfile import read


class Cause(Value):
    what: str
    usd: Decimal


class Explanation(Value):
    """A row of `drivers_daily`. `causes` sum to `change_usd`, the largest first; the slice is the part of the
    workload that moved, None where all of it moved alike."""

    day: date
    workload: str
    usd: Decimal
    usual_usd: Decimal
    change_usd: Decimal
    causes: tuple[Cause, ...]
    slice: str | None
    slice_usd: Decimal | None
    slice_usual_usd: Decimal | None
    slice_share: float | None
    method: str | None
    model: str | None
    kind: str | None
    environment: str | None
    region: str | None
    caller: str | None
    offset_slice: str | None
    offset_usd: Decimal | None
    what_changed: str | None
    volume_source: str | None
    baseline: tuple[date, ...]
    basis: str


def explain(con: duckdb.DuckDBPyConnection, workload: str, day: date | None = None) -> Explanation:
    """`day` defaults to the last complete one of the workload's bill."""
    spans = {
        name: (first, last) for name, first, last in con.execute(read("explain", "reach").sql).fetchall()
    }
    if workload not in spans:
        some = f"of its {len(spans)} there is {', '.join(sorted(spans)[:5])}" if spans else "it has none yet"
        raise QueryError(f"the bill knows no workload {workload!r}{nearest(workload, spans)}; {some}")
    first, last = spans[workload]
    if last < first:
        raise QueryError(f"{workload}: no day of it is billed to its end yet; ask again tomorrow")
    day = day or last
    if not first <= day <= last:
        raise QueryError(
            f"{workload} can be explained from {first} to {last}, not on {day}; choose another --day"
        )
    found = explanations(con, day, [workload])
    if workload not in found:
        raise QueryError(f"{workload} spent nothing on {day}, as usual")
    return found[workload]


def explanations(
    con: duckdb.DuckDBPyConnection, day: date, workloads: Collection[str], seconds: float = 60
) -> dict[str, Explanation]:
    """Of those that spent on `day`, or usually do. Reads what that day needs, and is stopped after `seconds`."""
    one_day, drivers = read("explain", "one_day"), read("explain", "drivers")
    con.execute(one_day.sql, one_day.bind(day=day))
    try:
        bound = drivers.bind(day=day, workloads=sorted(workloads))
        names, rows, _ = ask(con, drivers.sql, bound, seconds=seconds, most=len(workloads))
    finally:
        con.execute(read("explain", "every_day").sql)
    found = (Explanation.model_validate(dict(zip(names, row, strict=True))) for row in rows)
    return {one.workload: one for one in found}


def explained(
    con: duckdb.DuckDBPyConnection, findings: Sequence[Finding], rules: Sequence[Rule], seconds: float = 60
) -> tuple[Finding, ...]:
    """The findings; those of rules that explain say what changed of their workload on their day."""
    explaining = {rule.name for rule in rules if rule.explains}
    asked: dict[date, set[str]] = {}
    for finding in findings:
        if finding.rule in explaining and finding.workload is not None:
            asked.setdefault(finding.day, set()).add(finding.workload)
    said = {day: sentences(con, day, workloads, seconds) for day, workloads in asked.items()}
    return tuple(
        finding.model_copy(
            update={"facts": finding.facts | {"what_changed": said[finding.day].get(finding.workload)}}
        )
        if finding.rule in explaining and finding.workload is not None
        else finding
        for finding in findings
    )


def sentences(
    con: duckdb.DuckDBPyConnection, day: date, workloads: Collection[str], seconds: float = 60
) -> dict[str, str | None]:
    """What changed of each, in words."""
    try:
        found = explanations(con, day, workloads, seconds)
    except (duckdb.Error, RuleError) as exc:  # an alert without its explanation is still an alert
        return dict.fromkeys(workloads, f"could not be found out: {str(exc).splitlines()[0]}")
    return {name: one.what_changed for name, one in found.items()}


def in_whole_cents(explanation: Explanation) -> tuple[Cause, ...]:
    """The causes in whole cents that sum to the change in whole cents: the largest takes what rounding leaves."""
    cent = Decimal("0.01")
    first, *rest = (
        cause.model_copy(update={"usd": cause.usd.quantize(cent)}) for cause in explanation.causes
    )
    change = explanation.usd.quantize(cent) - explanation.usual_usd.quantize(cent)
    left = change - sum((cause.usd for cause in rest), Decimal(0))
    return first.model_copy(update={"usd": left}), *rest
