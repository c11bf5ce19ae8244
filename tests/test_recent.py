"""Whatever is about a workload shows the workload's days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from finops.explain.days import pictured
from finops.model import Finding

DAY = date(2026, 11, 17)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two workloads over thirty days, one of them with two models of which one has no expectation yet."""
    with duckdb.connect() as made:
        made.execute("""
            create table expected_daily as
            select day::date as day, w.series_id, w.workload, w.model, w.usd, w.expected_usd
            from generate_series(date '2026-10-20', date '2026-11-18', interval 1 day) as d(day)
            cross join (
                values (2, 'search', 'a', 10.0, 9.0), (3, 'search', 'b', 5.0, null), (1, 'chat', 'a', 1.0, null))
                as w(series_id, workload, model, usd, expected_usd)
        """)
        made.execute(
            "create view series_spans as select distinct series_id, workload, model from expected_daily"
        )
        yield made


def found(**more: Any) -> Finding:
    given = {
        "rule": "cache_hit_rate",
        "title": "t",
        "severity": "warn",
        "subject": "x",
        "day": DAY,
        "summary": "s",
    }
    return Finding.model_validate({**given, **more})


def test_the_fortnight_of_its_workload(con: duckdb.DuckDBPyConnection) -> None:
    (one,) = pictured(con, [found(workload="search")])
    fortnight = [DAY - timedelta(days=back) for back in reversed(range(14))]
    assert one.series == tuple((day, Decimal("15.00")) for day in fortnight)
    assert one.usual == tuple((day, Decimal("9.00")) for day in fortnight)


def test_each_finding_ends_with_its_own_day(con: duckdb.DuckDBPyConnection) -> None:
    days = [DAY, DAY - timedelta(days=3), DAY + timedelta(days=9)]
    ends = [one.series[-1][0] for one in pictured(con, [found(workload="chat", day=day) for day in days])]
    assert ends == [DAY, DAY - timedelta(days=3), date(2026, 11, 18)], "the bill has no later day"
    assert pictured(con, [found(workload="chat")])[0].usual == ()


@pytest.mark.parametrize(
    "finding",
    [
        pytest.param(found(), id="of no workload"),
        pytest.param(found(workload="nobody"), id="of one that spends nothing"),
        pytest.param(found(workload="search", series=((DAY, Decimal(3)),)), id="with its own series"),
    ],
)
def test_others_stay_as_they_are(finding: Finding, con: duckdb.DuckDBPyConnection) -> None:
    assert pictured(con, [finding]) == (finding,)
