"""The days before a finding: what is about a workload shows the workload's dollars, whatever its rule measures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import duckdb

from finops.messages.trend import TREND_DAYS
from finops.model import Finding
from finops.rules.bounded import ask
from finops.sqlfile import read

Day = tuple[date, Decimal, Decimal | None]


def pictured(
    con: duckdb.DuckDBPyConnection, findings: Sequence[Finding], seconds: float = 60
) -> tuple[Finding, ...]:
    """Those without a series of their own get their workload's; days that the bill does not have stay unknown.
    RuleError where it takes longer than `seconds`."""
    bare = [one for one in findings if one.workload and not one.series]
    if not bare:
        return tuple(findings)
    days = _days(con, bare, seconds)
    return tuple(
        _with(one, days[one.workload]) if one.workload and not one.series else one for one in findings
    )


def _days(con: duckdb.DuckDBPyConnection, bare: Sequence[Finding], seconds: float) -> dict[str, list[Day]]:
    recent, series = read("rules", "recent"), read("rules", "series_of")
    first = min(one.day for one in bare) - timedelta(days=TREND_DAYS - 1)
    last = max(one.day for one in bare)
    workloads = sorted({one.workload for one in bare if one.workload})
    ((ids,),) = ask(con, series.sql, series.bind(workloads=workloads), seconds=seconds, most=1).rows
    bound = recent.bind(series_ids=ids, first=first, last=last)
    most = len(workloads) * ((last - first).days + 1)
    found: dict[str, list[Day]] = defaultdict(list)
    for workload, day, usd, usual in ask(con, recent.sql, bound, seconds=seconds, most=most).rows:
        found[workload].append((day, usd, usual))
    return found


def _with(finding: Finding, days: Sequence[Day]) -> Finding:
    span = [one for one in days if finding.day - timedelta(days=TREND_DAYS) < one[0] <= finding.day]
    series = tuple((day, usd) for day, usd, _ in span)
    usual = tuple((day, usual) for day, _, usual in span if usual is not None)
    return finding.model_copy(update={"series": series, "usual": usual})
