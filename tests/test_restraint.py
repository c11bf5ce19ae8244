"""One event is told by one rule: what yields to what, and when it is news again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alert_cases import DAY

from finops.model import Finding, Incident, State, Window
from finops.rules import restraint
from finops.rules.files import known_rules
from finops.sqlfile import ALERTS

SHIPPED = known_rules({})
AT = datetime(2026, 11, 19, 8, tzinfo=UTC)


def found(rule: str, ago: int = 0, usd: int = 100, workload: str = "search") -> Finding:
    day = DAY - timedelta(days=ago)
    return Finding(rule=rule, title="t", severity="warn", subject=workload, workload=workload, day=day,
                   usd=Decimal(usd), summary="s")  # fmt: skip


def page(rule: str, ago: int = 0) -> Finding:
    return found(rule, ago).model_copy(update={"severity": "page"})


def told(rule: str, ago: int, state: State = "open", began: int | None = None, **more: Any) -> Incident:
    finding = found(rule, ago, **more)
    first_day = finding.day if began is None else DAY - timedelta(days=began)
    return Incident(id="1", rule=rule, subject=finding.subject, state=state, severity="warn", opened_at=AT,
                    first_day=first_day, last_day=finding.day, peak_usd=finding.usd, finding=finding,
                    notified_at=AT)  # fmt: skip


@pytest.mark.parametrize(
    ("findings", "incidents", "kept"),
    [
        pytest.param([found("spend_anomaly")], [], ["spend_anomaly"], id="nobody else speaks"),
        pytest.param([found("spend_anomaly"), found("spend_spike")], [], ["spend_spike"], id="the spike of the day"),
        pytest.param([found("spend_anomaly", 1), found("spend_spike", 0)], [], ["spend_spike"],
                     id="the spike of the next day, in the same run"),
        pytest.param([found("spend_anomaly", 2), found("spend_spike", 0)], [], ["spend_anomaly", "spend_spike"],
                     id="a spike two days later"),
        pytest.param([found("spend_anomaly", 2), found("cache_hit_rate", 0)], [], ["cache_hit_rate"],
                     id="a rule that knows the cause of these days together"),
        pytest.param([found("spend_anomaly", 8), found("cache_hit_rate", 0)], [],
                     ["spend_anomaly", "cache_hit_rate"], id="beyond the days that it speaks of"),
        pytest.param([found("spend_anomaly", 25)], [told("spend_spike", 0)], ["spend_anomaly"],
                     id="told weeks later"),
        pytest.param([found("spend_anomaly", 2)], [told("spend_spike", 0, began=2)], [], id="while it was told"),
        pytest.param([found("spend_anomaly"), found("spend_spike", workload="chat")], [],
                     ["spend_anomaly", "spend_spike"], id="another workload's"),
        pytest.param([found("spend_anomaly")], [told("spend_spike", 7)], [], id="told a week ago"),
        pytest.param([found("spend_anomaly")], [told("spend_spike", 8)], ["spend_anomaly"], id="longer ago"),
        pytest.param([found("spend_anomaly")], [told("spend_spike", 3, "resolved")], [], id="told, and over"),
        pytest.param([found("spend_anomaly", usd=299)], [told("spend_spike", 3)], [], id="not three times as dear"),
        pytest.param([found("spend_anomaly", usd=300)], [told("spend_spike", 3)], ["spend_anomaly"], id="three times"),
        pytest.param([found("spend_anomaly")], [told("spend_anomaly", 1)], ["spend_anomaly"], id="its own goes on"),
        pytest.param([found("spend_anomaly")], [told("spend_anomaly", 4, "resolved")], [], id="its own is just over"),
        pytest.param([found("spend_anomaly")], [told("spend_anomaly", 2), told("spend_spike", 1)], ["spend_anomaly"],
                     id="its own goes on beside a spike"),
        pytest.param([found("spend_drift")], [told("spend_anomaly", 42, "resolved")], [], id="a drift of old"),
        pytest.param([found("spend_spike")], [told("spend_anomaly", 1)], [], id="a spike of what is told"),
        pytest.param([page("spend_spike")], [told("spend_anomaly", 1)], ["spend_spike"], id="more severe"),
        pytest.param([page("spend_spike"), page("spend_spike", 1)], [], ["spend_spike"] * 2, id="its own days"),
        pytest.param([found("new_spend", usd=900).model_copy(update={"severity": "info"})],
                     [told("spend_spike", 1)], [], id="dearer, and only for information"),
    ],
)  # fmt: skip
def test_one_event_is_told_by_one_rule(
    findings: list[Finding], incidents: list[Incident], kept: list[str]
) -> None:
    assert [f.rule for f in restraint.news(SHIPPED, findings, incidents, [], AT)] == kept


def test_what_nobody_planned_is_told_beside_what_a_plan_keeps_silent() -> None:
    """A sale until the day before yesterday: its spike is known to nobody, in this run or from an earlier one."""
    sale = Window(name="search", first_day=DAY - timedelta(days=4), until=AT - timedelta(days=1), by="sale")
    spike, silent = found("spend_spike", 2), told("spend_spike", 2).model_copy(update={"notified_at": None})
    after, within = found("spend_anomaly"), found("spend_anomaly", 2)
    for findings, incidents in (([spike, after], []), ([after], [silent])):
        assert after in restraint.news(SHIPPED, findings, incidents, [sale], AT)
        assert after not in restraint.news(SHIPPED, findings, [told("spend_spike", 2)], [], AT)
    assert restraint.news(SHIPPED, [spike, within], [], [sale], AT) == (spike,), "both are planned"


def test_what_was_told_before_the_plan_is_the_measure_not_what_the_plan_keeps_silent() -> None:
    before = told("spend_anomaly", 2, "planned", began=6, usd=9000)
    heard = before.model_copy(
        update={"severity": "page", "notified_severity": "warn", "notified_usd": Decimal(100)}
    )
    for finding, kept in ((page("spend_spike"), True), (found("spend_spike", usd=299), False)):
        assert restraint.news(SHIPPED, [finding], [heard], [], AT) == ((finding,) if kept else ())


@pytest.mark.parametrize(
    ("rule", "findings", "days"),
    [
        pytest.param("spend_drop", [found("bill_incomplete")], {DAY}, id="a spend rule waits"),
        pytest.param("spend_drop", [found("spend_spike")], set(), id="for the bill alone"),
        pytest.param("runaway_loop", [found("bill_incomplete")], set(), id="others do not"),
    ],
)
def test_a_day_in_doubt_is_not_judged(rule: str, findings: list[Finding], days: set[date]) -> None:
    (one,) = [r for r in SHIPPED if r.name == rule]
    assert restraint.doubted(one, findings) == days


def test_rules_name_rules() -> None:
    """In `not_on` and `yields_to`, whatever a header says must be there."""
    names = {path.stem for path in Path(ALERTS).glob("*.sql")}
    assert {name for rule in SHIPPED for name in (*rule.not_on, *rule.yields_to)} <= names
