"""Rules that need calls beside dollars: the cases of tests/alerts/ in a bill and a metric stream."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import duckdb
import log
import pytest
from alert_cases import DAY, Case, called, cases, days, every, judged, save, spent, verdict, with_sources
from bill import ACCOUNT, cur2, line
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


@pytest.fixture(scope="module")
def loops(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home, bill, points, calls = Home(tmp_path_factory.mktemp("loops") / "home"), [], [], []
    units = []
    for number, case in enumerate(cases("runaway_loop")):
        name, unit = f"loop{number}", f"function{number}"
        if "/" in case["hours"][-1]:
            units.append(f'[[workloads]]\nname = "{case["name"]}"\nunit = "lambda:{unit}"\n')
        for day, of_day in days(case["hours"]):
            for hour, text in enumerate(of_day.split(), start=10):
                at, (count, queries, tokens) = f"{day} {hour}:00", (*text.split("/"), "0", "0")[:3]
                billed = f"{day} 00:00" if case.get("by_day") else at
                bill.append(line(billed, str(Decimal(count) / 20), resource=profile(name),
                                 resource_tags={"Workload": case["name"], "Environment": "dev"}))  # fmt: skip
                points += [
                    counted(name, count, at),
                    counted(name, tokens, at, metric="InputTokenCount"),
                    *([log.runs(unit, float(queries), at)] if queries != "0" else []),
                ]
        for day, most in days(case.get("session", [])):
            calls.append(
                log.call(f"{day} 10:00", Workload=case["name"], calls=600, max_calls_per_session=int(most))
            )
    home.configure("".join(units))
    cur2(home.exports, bill)
    log.sync(home, points, calls)
    return home


def counted(name: str, count: str, at: str, metric: str = "Invocations") -> log.Row:
    return log.runs(name, float(count), at, namespace="AWS/Bedrock", dimension="ModelId", metric=metric)


@every("runaway_loop")
def test_runaway_loop(loops: Home, case: Case) -> None:
    assert verdict(judged(loops, "runaway_loop", case), case["name"]) == case.get("fires")


def test_a_loop_says_when_and_what_it_cost(loops: Home) -> None:
    found = {f.subject: f for f in judged(loops, "runaway_loop", {})}
    several = found["one hour of several"]
    assert (several.usd, several.facts["measure"], several.facts["hours"]) == (
        Decimal("35.00"),
        "calls an hour",
        "1",
    )
    for part in ("700 calls", "from 12:00", "nobody has seen it end"):
        assert part in several.summary
    assert found["billed by the day: its dollars are unknown, the loop is not"].usd is None
    assert found["one query without end in a quiet hour"].facts["measure"] == "calls a query"


def test_a_session_of_nobodys_hides_no_loop(loops: Home, tmp_path: Path) -> None:
    home = loops.copy(tmp_path / "home")
    file = (home.path / "finops.duckdb").resolve()
    file.chmod(0o644)
    with duckdb.connect(str(file)) as con:
        con.execute(
            "create or replace view calls_hourly as select null::varchar as workload, hour, day, 1 as calls, "
            "1 as max_calls_per_session from requests_hourly"
        )
    before, after = (
        {f.subject for f in judged(one, "runaway_loop", {}) if f.facts["measure"] == "calls an hour"}
        for one in (loops, home)
    )
    assert before
    assert before <= after


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home, bill, stream = tmp_path_factory.mktemp("answers") / "home", [], []
    for number, case in enumerate(cases("verbose_responses")):
        name = f"answers{number}"
        for day, length in days(case["output"]):
            tokens, usage = 1000 * int(length), f"USE1-Claude4.5{case['tier']}-output-tokens"
            bill.append(spent(day, str(Decimal(tokens) / 10000), case["name"], "prod", resource=profile(name),
                              amount=tokens / 1000, usage_type=usage))  # fmt: skip
            if not case.get("uncounted"):
                stream.append(called(day, REGION, name, 1000))
                stream.append(called(day, REGION, name, tokens, metric="OutputTokenCount"))
    home = with_sources(home, metric_stream="stream")
    cur2(home.exports, bill)
    save(home.path / "stream/2026/11/18/calls.json", "\n".join(stream))
    home.sync()
    return home


@every("verbose_responses")
def test_verbose_responses(answers: Home, case: Case) -> None:
    assert verdict(judged(answers, "verbose_responses", case), case["name"]) == case.get("fires")


def test_the_tax_on_length_is_told_by_the_year(answers: Home) -> None:
    found = {f.workload: f for f in judged(answers, "verbose_responses", {})}
    longer = found["half as long again as before"]  # 7 days, 1,000 calls, 100 tokens more at 0.01 cents
    assert (longer.usd, longer.facts["yearly_usd"]) == (Decimal("70.00"), "3650.00")
    assert "300 output tokens a call on haiku" in longer.summary
    assert "1.5 times its four weeks before" in longer.summary
    assert "3.0 times its peers' 200" in found["three times its peers"].summary


@pytest.fixture(scope="module")
def crossings(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home, bill = Home(tmp_path_factory.mktemp("crossings") / "home"), []
    for case in cases("dev_in_prod"):
        tags = {"Workload": case["name"]} | (
            {"Environment": case["environment"]} if "environment" in case else {}
        )
        for day, usd in days(case["usd"]):
            if usd != "0":
                bill.append(line(f"{day} 10:00", usd, resource_tags=tags, principal=case.get("principal"),
                                 account=case.get("account", ACCOUNT),
                                 line_item_usage_account_name=case.get("account_name", "acme")))  # fmt: skip
    cur2(home.exports, bill)
    home.sync()
    return home


@every("dev_in_prod")
def test_dev_in_prod(crossings: Home, case: Case) -> None:
    assert verdict(judged(crossings, "dev_in_prod", case), case["name"]) == case.get("fires")


def test_a_crossing_says_who_and_why(crossings: Home) -> None:
    found = {f.workload: f for f in judged(crossings, "dev_in_prod", {})}
    role = found["a notebook of development on a production profile"]
    assert (role.usd, role.environment, role.facts["who"]) == (Decimal(70), "prod", "role/dev-notebooks")
    for part in ("a caller of development", "prod by its resource tag", "$70"):
        assert part in role.summary
    assert "a caller of production" in found["production on a development profile"].summary
    assert role.next_step.startswith("Ask whoever owns a notebook"), "nobody's team is asked nothing"
    account = found["a production profile in an account of development"]
    assert (account.facts["who"], account.facts["marked"]) == ("acme-dev", "an account of development")


@pytest.fixture(scope="module")
def terms(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home, bill, earlier, left = tmp_path_factory.mktemp("terms") / "home", [], [], []
    for number, case in enumerate(cases("commitment_expiring")):
        arn = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:provisioned-model/term{number}"
        if case.get("billed", True):
            bill += [line(f"{DAY} {hour:02}:00", 20, amount=1, unit="hour", resource=arn,
                          usage_type="USE1-NovaPro-ProvisionedThroughput-1MonthCommit-ModelUnits")
                     for hour in range(24)]  # fmt: skip
        unit = {
            "provisionedModelArn": arn, "provisionedModelName": case["name"], "modelUnits": 1,
            "status": case.get("status", "InService"), "creationTime": "2026-10-01T00:00:00Z",
            "foundationModelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0",
        }  # fmt: skip
        if "expires" in case:
            unit |= {
                "commitmentDuration": "OneMonth",
                "commitmentExpirationTime": f"{case['expires']}T12:00:00Z",
            }
        earlier.append(unit)
        left += [unit] if case.get("listed", True) else []
    home = with_sources(home, inventory="inventory")
    cur2(home.exports, bill)
    save(home.path / "inventory/2026-11-04/units.json", json.dumps({"provisionedModelSummaries": earlier}))
    save(home.path / "inventory/2026-11-18/units.json", json.dumps({"provisionedModelSummaries": left}))
    home.sync()
    return home


@every("commitment_expiring")
def test_commitment_expiring(terms: Home, case: Case) -> None:
    found = judged(terms, "commitment_expiring", case)
    assert [f.severity for f in found if f.facts["name"] == case["name"]] == (
        [case["fires"]] if "fires" in case else []
    )


def test_a_term_says_what_another_costs(terms: Home) -> None:
    found = {f.subject: f for f in judged(terms, "commitment_expiring", {})}
    thirty = found["thirty days"]
    assert thirty.usd == 20 * 24 * 30
    for part in ("18 Dec 2026", "in 30 days", "$14,400", "Nobody has counted its invocations"):
        assert part in thirty.summary
    assert found["not on the bill yet (last call)"].usd is None
    assert "seven days (last call)" in found, "an incident of its own"
