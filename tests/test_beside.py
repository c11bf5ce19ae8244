"""What goes with an alert never costs the alert."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest

from finops.explain.beside import Beside, beside
from finops.model import Finding, Incident

DAY = date(2026, 11, 17)
NOW = datetime(2026, 11, 18, 6, tzinfo=UTC)
PICTURES, BILL = "the days before an alert", "the bill of an estimate"
SERIES = "create view series_spans as select 1 as series_id, 'search' as workload"
DAYS = (
    "create view expected_daily as select 1 as series_id, 'search' as workload, date '2026-11-17' as day,"
    " 3.0 as usd, 2.0 as expected_usd"
)
ENDLESS = (
    "create view expected_daily as select 1 as series_id, 'search' as workload, date '2026-11-17' as day,"
    " hash(a.range, b.range) as usd, 2.0 as expected_usd from range(100_000_000) as a, range(100_000_000) as b"
)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        made.execute(SERIES)
        yield made


def found(rule: str = "cache_hit_rate") -> Finding:
    return Finding(
        rule=rule, title="t", severity="page", subject="search", day=DAY, summary="s", workload="search",
        basis="estimated" if rule == "spend_spike_now" else None,
    )  # fmt: skip


def estimated() -> Incident:
    """One that waits for its bill."""
    return Incident(
        id="abc123", rule="spend_spike_now", subject="search", state="open", severity="page", opened_at=NOW,
        first_day=DAY, last_day=DAY, peak_usd=None, notified_at=NOW, notified_severity="page",
        finding=found("spend_spike_now"),
    )  # fmt: skip


def looked(con: duckdb.DuckDBPyConnection, *incidents: Incident, seconds: float = 60) -> Beside:
    return beside(con, [found()], [], incidents, DAY, NOW, timedelta(days=7), seconds)


@pytest.mark.parametrize(
    ("view", "incidents", "seconds", "missing"),
    [
        pytest.param(DAYS, [], 60, [], id="nothing fails"),
        pytest.param("select 1", [], 60, [PICTURES], id="a view is missing"),
        pytest.param(ENDLESS, [], 0.3, [PICTURES], id="a view takes for ever"),
        pytest.param(DAYS, [estimated()], 60, [BILL], id="the bill cannot be looked up"),
        pytest.param("select 1", [estimated()], 60, [PICTURES, BILL], id="neither"),
    ],
)
def test_what_fails_is_told_and_the_alert_as_well(
    view: str, incidents: list[Incident], seconds: float, missing: list[str], con: duckdb.DuckDBPyConnection
) -> None:
    con.execute(view)
    alert, *faults = looked(con, *incidents, seconds=seconds).findings
    assert (alert.subject, bool(alert.series)) == ("search", PICTURES not in missing)
    assert [(one.rule, one.subject) for one in faults] == [("rule_failed", what) for what in missing]


def test_why_it_is_missing_is_said(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(ENDLESS)
    (_, fault) = looked(con, seconds=0.3).findings
    assert fault.summary.endswith("on 2026-11-17: stopped after 0.3 seconds; see [limits] rule_seconds")
