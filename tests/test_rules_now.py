"""Spend of the last 24 hours, by tokens: the cases of tests/alerts/spend_spike_now.toml in one ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from alert_cases import Case, called, cases, days, every, judged, save, verdict, with_sources
from bill import ACCOUNT, Row, cur2, line
from home import Home

from finops import pipeline
from finops.rules import judge
from finops.rules.files import known_rules

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 20, tzinfo=UTC)  # 9:00 is under way: the last hour is that of 8:00
USD_PER_MILLION = 2


def learned(name: str, profile: str, environment: str) -> Row:
    """A million tokens on the fourth of November: who owns the profile, and what its tokens cost."""
    return line("2026-11-04 10:00", USD_PER_MILLION, amount=1000, usage_type="USE1-NovaPro-input-tokens",
                resource=f"arn:aws:bedrock:us-east-1:{ACCOUNT}:application-inference-profile/{profile}",
                resource_tags={"Workload": name, "Environment": environment})  # fmt: skip


def estimated(path: Path, listed: list[Case], days_of_history: int = 29) -> Home:
    """What a window costs is called in its last hour, which is that of 8:00."""
    home = with_sources(path, metric_stream="stream")
    bill, calls = [line("2026-11-17 23:00", "0.01")], []
    for number, case in enumerate(listed):
        bill.append(learned(case["name"], f"p{number}", case.get("environment", "dev")))
        for day, usd in days(case["usd"]):
            at = day + (TODAY - date(2026, 11, 18))
            if float(usd) and at > TODAY - timedelta(days=days_of_history):
                tokens = float(usd) / USD_PER_MILLION * 1e6
                calls.append(called(at, "us-east-1", f"p{number}", tokens, "InputTokenCount", hour=8))
    cur2(home.exports, bill)
    save(home.path / "stream/2026/11/20/calls.json", "\n".join(calls))
    home.sync(NOW)
    return home


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return estimated(tmp_path_factory.mktemp("now") / "home", cases("spend_spike_now"))


@every("spend_spike_now")
def test_spend_spike_now(ledger: Home, case: Case) -> None:
    assert verdict(judged(ledger, "spend_spike_now", case, TODAY, NOW), case["name"]) == case.get("fires")


def test_it_says_how_much_and_that_it_is_an_estimate(ledger: Home) -> None:
    (finding,) = [
        f for f in judged(ledger, "spend_spike_now", {}, TODAY, NOW) if f.subject == "in production it pages"
    ]
    assert (finding.day, finding.usd, finding.basis, finding.model) == (TODAY, 70, "estimated", "Nova Pro")
    assert finding.summary.startswith(
        "in production it pages spent about $90.00 in the 24 hours to 20 Nov 09:00 UTC (Nova Pro), "
        "4.5x the usual $20.00; its dearest hour, from 08:00, cost about $90.00."
    )


def test_before_a_week_is_known_only_the_cap_speaks(tmp_path: Path) -> None:
    case = {"name": "w", "usd": ["5x20", "900"]}
    home = estimated(tmp_path / "home", [case], 6)
    for settings, fires in (({}, None), ({"max_hour_usd": 500}, "warn")):
        assert verdict(judged(home, "spend_spike_now", {"settings": settings}, TODAY, NOW), "w") == fires


def test_a_check_judges_today_although_the_bill_is_of_yesterday(ledger: Home) -> None:
    known = [rule for rule in known_rules({}) if rule.name == "spend_spike_now"]
    with pipeline.published(ledger.path) as con:
        checked = judge.check(con, known, date(2026, 11, 17), NOW)
        late = judge.check(con, known, date(2026, 11, 17), NOW + timedelta(days=3))
    assert {f.day for f in checked.findings} == {TODAY}
    assert checked.evaluated["spend_spike_now"] == TODAY
    assert late.blind == {"spend_spike_now": "no complete hours for 2026-11-17"}
