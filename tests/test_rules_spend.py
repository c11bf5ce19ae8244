"""The spend rules beside spend_spike: the cases of tests/alerts/, all in one ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from alert_cases import DAY, Case, billed, cases, days, every, judged, spent, verdict
from bill import Row, cur2
from home import Home

RULES = ("spend_anomaly", "spend_drop", "spend_drift", "new_spend")
LATER = datetime(2026, 11, 24, 9, tzinfo=UTC)  # DAY is settled
FIRST = DAY - timedelta(days=120)


def clock(through: date) -> list[Row]:
    """Nothing of interest, from long before to after DAY: so far does the bill reach."""
    return [spent(FIRST, "0.01", "clock"), spent(through, "0.01", "clock")]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("spend") / "home")
    lines = clock(date(2026, 11, 22))
    for rule in RULES:
        for case in cases(rule):
            lines += billed(case["name"], case)
    cur2(home.exports, lines)
    home.sync(LATER)
    return home


@every("spend_anomaly")
def test_spend_anomaly(ledger: Home, case: Case) -> None:
    assert verdict(judged(ledger, "spend_anomaly", case), case["name"]) == case.get("fires")


@every("spend_drop")
def test_spend_drop(ledger: Home, case: Case) -> None:
    assert verdict(judged(ledger, "spend_drop", case), case["name"]) == case.get("fires")


@every("spend_drift")
def test_spend_drift(ledger: Home, case: Case) -> None:
    assert verdict(judged(ledger, "spend_drift", case), case["name"]) == case.get("fires")


@every("new_spend")
def test_new_spend(ledger: Home, case: Case) -> None:
    assert verdict(judged(ledger, "new_spend", case), case["name"]) == case.get("fires")


@pytest.mark.parametrize(
    ("rule", "name", "usd", "said"),
    [
        pytest.param(
            "spend_anomaly", "twice the usual", 100,
            "cost $200.00 on Wednesday 18 Nov (Claude Haiku 4.5); a usual Wednesday at its level is $100.00 "
            "(2.0x, +$100.00). In six weeks it has not been over its usual.", id="an anomaly",
        ),
        pytest.param(
            "spend_anomaly", "a record, however restless", 290,
            "It is 2.5 times the highest day of five weeks.", id="a record",
        ),
        pytest.param(
            "spend_drop", "exactly half of the usual", 50,
            "has cost $50.00 and less for two days, by Wednesday 18 Nov (Claude Haiku 4.5); "
            "usual are $100.00. Either something stopped working, or somebody saved $50.00 a day.", id="a drop",
        ),
        pytest.param(
            "spend_drift", "twice in two months, week by week", 100,
            "cost $200.00 a day in the week to 18 Nov (Claude Haiku 4.5); four to seven weeks before, no week was "
            "above $100.00 a day.", id="a drift",
        ),
        pytest.param(
            "new_spend", "exactly the fewest dollars, on its first day", 150,
            "spends on Claude Haiku 4.5 since 18 Nov: $150.00 on Wednesday 18 Nov, $4,500 a month if every day is like "
            "that. It is a new workload.", id="a newcomer",
        ),
    ],
)  # fmt: skip
def test_a_finding_says_what_happened(ledger: Home, rule: str, name: str, usd: int, said: str) -> None:
    (finding,) = [f for f in judged(ledger, rule, {}) if f.subject == name]
    assert said in finding.summary
    assert finding.usd is not None
    assert abs(finding.usd - usd) < Decimal(60)


def test_an_anomaly_does_not_argue_against_itself(ledger: Home) -> None:
    (finding,) = [f for f in judged(ledger, "spend_anomaly", {}) if f.subject == "no further than weeks ago"]
    assert finding.summary.endswith("(2.2x, +$120.00).")


def test_a_drop_waits_for_the_final_bill(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    cur2(home.exports, [*clock(DAY), *billed("search", {"usd": ["60x100", "5x0"]})])
    home.sync()
    found = {day: bool(judged(home, "spend_drop", {}, DAY - timedelta(days=day))) for day in range(5)}
    assert found == {0: False, 1: False, 2: True, 3: True, 4: False}  # settled through 16 November


def test_what_the_bill_begins_with_is_not_new(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    cur2(home.exports, billed("search", {"usd": ["3x500"]}))
    home.sync()
    for rule in ("new_spend", "spend_spike"):
        for ago in range(3):
            assert judged(home, rule, {}, DAY - timedelta(days=ago)) == []


def test_leaves_are_scored_and_a_workload_is_told_once(tmp_path: Path) -> None:
    """Haiku triples and Sonnet doubles, while Nova's fall would have hidden both in the sum."""
    home = Home(tmp_path / "home")
    kinds = {
        "Claude4.5Haiku": ["60x100", "300"], "Claude4.6Sonnet": ["60x100", "210"], "NovaPro": ["60x500", "10"],
    }  # fmt: skip
    cur2(home.exports, [
        spent(day, usd, "search", usage_type=f"USE1-{kind}-input-tokens")
        for kind, series in kinds.items() for day, usd in days(series)
    ])  # fmt: skip
    home.sync()
    (finding,) = judged(home, "spend_anomaly", {})
    assert (finding.subject, finding.model, finding.usd) == ("search", "Claude Haiku 4.5 and 1 more", 310)


def test_a_day_is_a_day_of_utc(tmp_path: Path) -> None:
    """$100 at the last minute of a UTC day and at the first of the next are two days, also when clocks change."""
    home = Home(tmp_path / "home")
    changes = date(2026, 11, 1)  # summer time ends in the United States
    lines = [spent(changes - timedelta(days=n), "100", "search") for n in range(1, 40)]
    for at in (f"{changes} 00:00", f"{changes} 23:00", f"{changes + timedelta(days=1)} 00:00"):
        lines.append(spent(changes, "100", "search") | {"line_item_usage_start_date": f"{at}:00"})
    cur2(home.exports, [*lines, spent(DAY, "0.01", "clock")])
    home.sync()
    days_of_change = "workload = 'search' and day between '2026-11-01' and '2026-11-02'"
    assert home.ask(f"select usd, expected_usd from expected_daily where {days_of_change} order by day") == [
        (200, 100),
        (100, 100),
    ]
