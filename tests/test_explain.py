"""`finops explain`, on a bill of five weeks."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from bill import Row, cur2, line
from home import NOW, Home

from finops import config, pipeline
from finops.errors import QueryError
from finops.explain.causes import Cause, Explanation, explain, explained, explanations, in_whole_cents
from finops.model import Finding
from finops.rules.files import known_rules
from finops.state.store import FILE, State

DAY = date(2026, 11, 18)


def spent(ago: int, usd: str, workload: str = "search-api", region: str = "us-east-1") -> Row:
    at = f"{DAY - timedelta(days=ago)} 23:00"
    return line(at, usd, amount=float(usd) * 100, region=region, resource_tags={"Workload": workload})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("explain") / "home")
    cur2(home.exports, [
        *(spent(ago, "10.004") for ago in range(1, 36)), spent(0, "30.009"),
        *(spent(ago, "10", region="eu-west-1") for ago in range(36)),
        spent(0, "5", workload="new"), spent(5, "5", workload="old"),
    ])  # fmt: skip
    home.sync()
    return home


def test_it_says_what_and_where(home: Home) -> None:
    done = home.run("explain", "search-api", "--day", str(DAY))
    assert done.stdout.splitlines() == [
        "search-api cost $40.01 on Wed 2026-11-18 (provisional); usual is $20.00, as on 2026-10-28 and 2026-11-04",
        "why          USD",
        "tokens    +20.01",
        "together  +20.01",
        "100% of it is us-east-1: $10.00 to $30.01",
    ]
    assert (done.returncode, done.stderr) == (0, "")


def test_a_day_like_its_usual_ones(home: Home) -> None:
    said = home.run("explain", "search-api", "--day", str(DAY - timedelta(days=1))).stdout
    assert said.splitlines()[-1] == "It cost what it usually does: nothing moved."


def test_what_is_no_day(home: Home) -> None:
    done = home.run("explain", "search-api", "--day", "2026-13-01")
    assert done.returncode == 3
    assert done.stderr == (
        "finops: Invalid value for '--day': '2026-13-01' does not match the form YYYY-MM-DD. See finops -h\n"
    )


def test_for_a_program(home: Home) -> None:
    found = json.loads(home.run("explain", "search-api", "--json").stdout)
    assert (found["day"], found["change_usd"], found["region"]) == (
        "2026-11-18",
        "20.0050000000000",
        "us-east-1",
    )
    assert sum(Decimal(cause["usd"]) for cause in found["causes"]) == Decimal(found["change_usd"])


def test_a_first_day_is_all_new(home: Home) -> None:
    said = home.run("explain", "new").stdout
    assert "new cost $5.00 on Wed 2026-11-18 (provisional); its first day, all of it is new" in said
    assert "No model, token kind, environment, region or caller stands out" in said


@pytest.mark.parametrize(
    ("workload", "day", "message"),
    [
        pytest.param("serach-api", DAY, "no workload 'serach-api'; did you mean search-api?", id="misspelt"),
        pytest.param("search-api", date(2026, 10, 13), "from 2026-10-14 to 2026-11-18, not on 2026-10-13",
                     id="before it was"),
        pytest.param("search-api", NOW.date(), "not on 2026-11-20; choose another --day", id="not over"),
        pytest.param("old", DAY - timedelta(days=1), "old spent nothing on 2026-11-17, as usual", id="nothing at all"),
    ],
)  # fmt: skip
def test_what_cannot_be_explained(home: Home, workload: str, day: date, message: str) -> None:
    with pipeline.published(home.path) as con, pytest.raises(QueryError) as raised:
        explain(con, workload, day)
    assert message in str(raised.value)


def test_the_next_question_is_of_any_day(home: Home) -> None:
    with pipeline.published(home.path) as con:
        before = con.execute("select count(*) from explain_daily").fetchall()
        explanations(con, DAY, ["search-api"])
        assert con.execute("select count(*) from explain_daily").fetchall() == before


@pytest.mark.parametrize(
    ("usd", "usual", "causes", "cents"),
    [
        pytest.param(
            "20.01", "10", ["5.004", "5.003", "0.003"], ["5.01", "5.00", "0.00"], id="the largest takes it"
        ),
        pytest.param("10", "10", ["0", "0"], ["0.00", "0.00"], id="nothing"),
        pytest.param("10", "20.004", ["-10.009", "0.005"], ["-10.00", "0.00"], id="a fall"),
    ],
)
def test_cents_sum_to_the_change(usd: str, usual: str, causes: list[str], cents: list[str]) -> None:
    none = dict.fromkeys(
        ("slice", "slice_usd", "slice_usual_usd", "slice_share", "method", "model", "kind", "environment", "region",
         "caller", "offset_slice", "offset_usd", "what_changed", "volume_source"))  # fmt: skip
    given = Explanation(
        day=DAY, workload="w", usd=Decimal(usd), usual_usd=Decimal(usual), change_usd=Decimal(usd) - Decimal(usual),
        causes=tuple(Cause(what="w", usd=Decimal(one)) for one in causes), baseline=(), basis="final", **none,
    )  # fmt: skip
    assert [str(cause.usd) for cause in in_whole_cents(given)] == cents


def finding(rule: str, workload: str | None) -> Finding:
    return Finding(
        rule=rule,
        title="t",
        severity="warn",
        subject="s",
        day=DAY,
        summary="s",
        workload=workload,
        facts={"n": "1"},
    )


@pytest.mark.parametrize(
    ("rule", "workload", "said"),
    [
        pytest.param("spend_spike", "search-api", "against a median Wednesday: tokens +$20.00; ",
                     id="of a spend rule"),
        pytest.param("cache_hit_rate", "search-api", "against a median", id="of a rule that knows the cause"),
        pytest.param("spend_spike", "unheard-of", None, id="of a workload without lines"),
        pytest.param("untagged_spend", "search-api", None, id="of a rule that explains itself"),
        pytest.param("spend_spike", None, None, id="of no workload"),
    ],
)  # fmt: skip
def test_alerts_say_what_changed(home: Home, rule: str, workload: str | None, said: str | None) -> None:
    with pipeline.published(home.path) as con:
        (told,) = explained(con, [finding(rule, workload)], known_rules({}))
    assert told.facts["n"] == "1"
    assert (told.facts.get("what_changed") or "").startswith(said or "")
    assert bool(told.facts.get("what_changed")) == bool(said)


def test_an_alert_without_its_explanation_is_still_an_alert(home: Home) -> None:
    with pipeline.published(home.path) as con:
        con.execute("create temp table drivers_daily as select 1 as one")  # a view that cannot be read
        (told,) = explained(con, [finding("spend_spike", "search-api")], known_rules({}))
    assert str(told.facts["what_changed"]).startswith("could not be found out: Binder Error")


def test_a_ledger_of_an_earlier_version_is_to_be_published_again(home: Home, tmp_path: Path) -> None:
    old = home.copy(tmp_path / "home")
    file = (old.path / "finops.duckdb").resolve()
    file.chmod(0o644)
    with duckdb.connect(str(file)) as con:
        con.execute("drop view drivers_daily")
    done = old.run("explain", "search-api")
    assert done.returncode == 2
    assert (
        "drivers_daily does not exist! Where a newer finops has it, `finops sync` publishes it" in done.stderr
    )


def test_a_check_tells_what_changed(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    cur2(home.exports, [spent(ago, "100") for ago in range(1, 36)] + [spent(0, "400")])
    home.sync()
    ran = pipeline.check(home.path, config.read(home.path, {}), NOW, DAY, quiet_stdout=True)
    (spike,) = [finding for finding in ran.checked.findings if finding.rule == "spend_spike"]
    said = "against a median Wednesday: tokens +$300.00"
    assert spike.facts["what_changed"] == said
    with State(home.path / FILE) as state:
        assert said in {one.finding.facts.get("what_changed") for one in state.incidents()}
