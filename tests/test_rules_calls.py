"""Rules that need calls beside dollars: the cases of tests/alerts/ in a bill and a metric stream."""

from __future__ import annotations

from decimal import Decimal

import pytest
from alert_cases import Case, called, cases, days, every, judged, save, spent, verdict, with_sources
from bill import ACCOUNT, cur2
from home import Home

REGION = "us-east-1"


def profile(name: str) -> str:
    return f"arn:aws:bedrock:{REGION}:{ACCOUNT}:application-inference-profile/{name}"


@pytest.fixture(scope="module")
def routers(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = with_sources(tmp_path_factory.mktemp("routers") / "home", metric_stream="stream")
    tiers = (("Claude4.5Haiku", Decimal("0.01")), ("Claude4.5Sonnet", Decimal("0.03")))
    bill, stream = [], []
    for number, case in enumerate(cases("router_drift")):
        for day, of_day in days(case["calls"]):
            for hundreds, (model, usd) in zip(of_day.split(), tiers, strict=True):
                count, name = 100 * Decimal(hundreds), f"{model.lower()}{number}"
                if count:
                    bill.append(spent(day, str(count * usd), case["name"], "prod", resource=profile(name),
                                      usage_type=f"USE1-{model}-input-tokens"))  # fmt: skip
                    stream += [] if case.get("uncounted") else [called(day, REGION, name, float(count))]
    cur2(home.exports, bill)
    save(home.path / "stream/2026/11/18/calls.json", "\n".join(stream))
    home.sync()
    return home


@every("router_drift")
def test_router_drift(routers: Home, case: Case) -> None:
    assert verdict(judged(routers, "router_drift", case), case["name"]) == case.get("fires")


def test_a_drift_says_what_it_costs(routers: Home) -> None:
    (finding,) = [
        f for f in judged(routers, "router_drift", {}) if f.workload == "a week of sixty in a hundred"
    ]
    assert (finding.usd, finding.environment) == (Decimal("42.00"), "prod")  # 2,100 calls at two cents more
    for part in ("60%", "90% is usual", "$42"):
        assert part in finding.summary
