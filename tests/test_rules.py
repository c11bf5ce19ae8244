"""Rules fire where they should and nowhere else: the cases of tests/alerts/, one ledger per rule."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from alert_cases import (
    DAY,
    Case,
    billed,
    called,
    cases,
    days,
    every,
    judged,
    save,
    spent,
    verdict,
    with_sources,
)
from bill import ACCOUNT, Row, cur2, line
from home import NOW, Home

from finops import pipeline
from finops.errors import ConfigError, FinopsError, QueryError
from finops.rules import judge
from finops.rules.files import Limits, RuleSettings, known_rules, parse


@pytest.fixture(scope="module")
def spikes(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("spikes") / "home")
    cur2(home.exports, [row for case in cases("spend_spike") for row in billed(case["name"], case)])
    home.sync()
    return home


@every("spend_spike")
def test_spend_spike(spikes: Home, case: Case) -> None:
    assert verdict(judged(spikes, "spend_spike", case), case["name"]) == case.get("fires")


def test_a_spike_says_what_happened(spikes: Home) -> None:
    (finding,) = [f for f in judged(spikes, "spend_spike", {}) if f.subject == "in production it pages"]
    assert (finding.usd, finding.team, finding.environment, finding.model) == (
        200,
        "(untagged)",
        "prod",
        "Claude Haiku 4.5",
    )
    for part in ("$300", "Wednesday", "usual Wednesday is $100", "3.0x", "+$200"):
        assert part in finding.summary


@pytest.fixture(scope="module")
def untagged(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("untagged") / "home")
    cur2(home.exports, [
        line(f"{day} 23:00", usd, resource=case["name"], resource_tags={"Workload": "w"} if case.get("tagged") else {})
        for case in cases("untagged_spend") for day, usd in days(case["usd"])
    ])  # fmt: skip
    home.sync()
    return home


@every("untagged_spend")
def test_untagged_spend(untagged: Home, case: Case) -> None:
    found = [f for f in judged(untagged, "untagged_spend", case) if f.subject.endswith(" " + case["name"])]
    assert [f.severity for f in found] == ([case["fires"]] if "fires" in case else [])


@pytest.fixture(scope="module")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("caches") / "home")
    kinds = (
        ("input-tokens", 10),
        ("cache-read-input-token-count", 1),
        ("cache-write-input-token-count", 12.5),
    )
    cur2(home.exports, [
        spent(day, str(float(tokens) * rate), case["name"], amount=float(tokens) * 1000,
              usage_type=f"USE1-Claude4.5Haiku-{kind}")
        for case in cases("cache_hit_rate") for day, of_day in days(case["tokens"])
        for tokens, (kind, rate) in zip(of_day.split(), kinds, strict=True) if float(tokens)
    ])  # fmt: skip
    home.sync()
    return home


@every("cache_hit_rate")
def test_cache_hit_rate(caches: Home, case: Case) -> None:
    assert verdict(judged(caches, "cache_hit_rate", case), case["name"]) == case.get("fires")


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Throughputs are known by name; the inventory has them all two weeks before, and then what is left."""
    home = with_sources(
        tmp_path_factory.mktemp("units") / "home", metric_stream="stream", inventory="inventory"
    )
    bill, calls, all_units, left = [], [], [], []
    for number, case in enumerate(cases("idle_commitment")):
        region = case.get("region", "us-east-1")
        arn = f"arn:aws:bedrock:{region}:{ACCOUNT}:provisioned-model/pt{number}"
        for day, count in days(case["calls"]):
            bill.append(line(f"{day} 23:00", 480, amount=24, unit="hour", resource=arn,
                             usage_type="USE1-NovaPro-ProvisionedThroughput-NoCommit-ModelUnits"))  # fmt: skip
            calls += [] if count == "unwatched" else [called(day, region, f"pt{number}", int(count))]
        summary = {
            "provisionedModelArn": arn, "provisionedModelName": case["name"], "modelUnits": 1,
            "status": case.get("status", "InService"), "creationTime": "2026-10-01T00:00:00Z",
            "foundationModelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0",
        }  # fmt: skip
        all_units.append(summary)
        left += [summary] if case.get("listed", True) else []
    cur2(home.exports, bill)
    save(home.path / "stream/2026/11/18/calls.json", "\n".join(calls))
    save(home.path / "inventory/2026-11-04/units.json", json.dumps({"provisionedModelSummaries": all_units}))
    save(home.path / "inventory/2026-11-18/units.json", json.dumps({"provisionedModelSummaries": left}))
    home.sync()
    return home


@every("idle_commitment")
def test_idle_commitment(units: Home, case: Case) -> None:
    assert verdict(judged(units, "idle_commitment", case), case["name"]) == case.get("fires")


@pytest.mark.parametrize(
    ("hours", "settings", "stale"),
    [
        pytest.param(60, {}, False, id="as late as AWS usually is"),
        pytest.param(60.1, {}, True, id="later than that"),
        pytest.param(30, {"bill_hours": 24}, True, id="later than the settings allow"),
        pytest.param(-5, {}, False, id="a clock that goes wrong"),
    ],
)
def test_source_stale(spikes: Home, hours: float, settings: dict[str, int], stale: bool) -> None:
    now = datetime(2026, 11, 19, tzinfo=UTC) + timedelta(hours=hours)
    found = judged(spikes, "source_stale", {"settings": settings}, now=now)
    assert [f.subject for f in found] == ["cur:exports"] * stale


@pytest.mark.parametrize(
    ("row", "fires"),
    [
        pytest.param(
            line(f"{DAY} 10:00", "0.01", usage_type="USE1-Quux-frobs"), True, id="a cent of an unknown kind"
        ),
        pytest.param(
            line(f"{DAY} 10:00", "0.009", usage_type="USE1-Quux-frobs"), False, id="less than a cent"
        ),
        pytest.param(line("2026-10-20 10:00", "5", usage_type="USE1-Quux-frobs"), True, id="within 30 days"),
        pytest.param(line("2026-10-19 10:00", "5", usage_type="USE1-Quux-frobs"), False, id="older"),
        pytest.param(
            line(f"{DAY} 10:00", "5", usage_type="USE1-Quux-frobs", type="Tax"), False, id="tax says no more"
        ),
        pytest.param(line(f"{DAY} 10:00", "-5", type="Credit"), False, id="credits are negative"),
        pytest.param(line(f"{DAY} 10:00", "5"), False, id="a line like any other"),
    ],
)
def test_unclassified_usage(home: Home, row: Row, fires: bool) -> None:
    cur2(home.exports, [row])
    home.sync()
    assert bool(judged(home, "unclassified_usage", {})) == fires


@pytest.mark.parametrize(
    ("dollars", "words", "usd"),
    [
        pytest.param("-139.2", "gave back $139", "139.20", id="a usage below zero"),
        pytest.param("200000", "cost $200,000", "200000.00", id="more than a line costs"),
    ],
)
def test_odd_figures_are_no_unknown_name(home: Home, dollars: str, words: str, usd: str) -> None:
    cur2(home.exports, [line(f"{DAY} 10:00", dollars)])
    home.sync()
    (found,) = judged(home, "unclassified_usage", {})
    assert found.headline.startswith("Odd billing line")
    assert words in found.summary
    assert "It is counted as billed." in found.summary
    assert "finops classify" not in found.next_step
    assert found.usd == Decimal(usd)


@pytest.mark.parametrize(
    ("tamper", "fires"),
    [
        pytest.param("select 1", False, id="as published"),
        pytest.param(
            "update lines set gross_usd = gross_usd + 0.01 where gross_usd = 351.15",
            True,
            id="changed by other hands",
        ),
        pytest.param("delete from lines where gross_usd = 351.15", True, id="lines deleted"),
        pytest.param(
            "delete from lines where hour < '2026-10-14'", False, id="of weeks ago, proven when published"
        ),
    ],
)
def test_reconciliation(spikes: Home, tmp_path: Path, tamper: str, fires: bool) -> None:
    home = spikes.copy(tmp_path / "home")
    file = (home.path / "finops.duckdb").resolve()
    file.chmod(0o644)
    with duckdb.connect(str(file)) as con:
        con.execute(tamper)
    found = judged(home, "reconciliation", {})
    assert [(f.severity, f.subject) for f in found] == [("page", "the ledger")] * fires


def test_every_rule_has_its_cases() -> None:
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_rules*.py"))
    assert [rule.name for rule in known_rules({}) if f"def test_{rule.name}" not in tests] == []


def test_a_check_runs_what_can_see_and_says_what_cannot(spikes: Home) -> None:
    with pipeline.published(spikes.path) as con:
        checked = judge.check(con, known_rules({}), DAY, NOW)
    assert checked.evaluated["spend_spike"] == DAY
    assert checked.blind["idle_commitment"] == "no complete metrics and inventory for 2026-11-18"
    assert {
        name
        for name, why in checked.blind.items()
        if not {"metrics", "inventory", "hours"} & set(why.split())
    } == set()
    assert {f.rule for f in checked.findings} >= {"spend_spike"}


def test_an_incomplete_day_is_not_judged(spikes: Home) -> None:
    """Of the three days that spend_spike scores, the two last are beyond the bill."""
    with pipeline.published(spikes.path) as con:
        checked = judge.check(con, known_rules({}), DAY + timedelta(days=2), NOW)
        later = judge.check(con, known_rules({}), DAY + timedelta(days=3), NOW + timedelta(days=1))
    assert checked.evaluated["spend_spike"] == DAY
    assert {f.day for f in checked.findings if f.rule == "spend_spike"} == {DAY}
    assert "spend_spike" not in later.evaluated
    assert later.blind["spend_spike"] == "no complete bill for 2026-11-21"


def write_rule(directory: Path, sql: str, *, params: str = "", summary: str = "s") -> Path:
    directory.mkdir(exist_ok=True)
    texts = {
        "title": "t",
        "headline": "h",
        "severity": "warn",
        "summary": summary,
        "why": "w",
        "next_step": "n",
    }
    words = "\n".join(f'{key} = "{value}"' for key, value in texts.items())
    (directory / "mine.sql").write_text(f"/*---\n{words}\n{params}---*/\n{sql}", "utf-8", "surrogateescape")
    return directory


@pytest.mark.parametrize(
    ("sql", "summary", "reason"),
    [
        pytest.param("select nothing from nowhere", "s", "nowhere", id="SQL that fails"),
        pytest.param(
            "select 1 as one where $day is not null", "s", "returns no column `subject`", id="no subject"
        ),
        pytest.param(
            "select null as subject", "s", "a row whose `subject` is NULL", id="a subject without a name"
        ),
        pytest.param(
            "select 'x' as subject, 'loud' as severity", "s", "mine.sql: column severity", id="a severity"
        ),
        pytest.param(
            "select 'x' as subject, 'much' as usd", "s", "mine.sql: column usd", id="dollars in words"
        ),
        pytest.param(
            "select 'x' as subject, 'nan'::double as usd", "s", "column usd: nan is no amount", id="no number"
        ),
        pytest.param(
            "select 'x' as subject, 1e300 as usd",
            "s",
            "column usd: 1e+300 is no amount",
            id="more than all money",
        ),
        pytest.param(
            "select 'x' as subject, [1, 2] as series",
            "s",
            "mine.sql: column series: expected",
            id="numbers as series",
        ),
        pytest.param(
            "select 'x' as subject, [($day, null)] as series",
            "s",
            "mine.sql: column series: expected",
            id="NULL in a series",
        ),
        pytest.param(
            "select 'x' as subject", "{missing}", "only columns that the rule returns", id="no such column"
        ),
        pytest.param(
            "select 'x' as subject", "{}", "only columns that the rule returns", id="a column without a name"
        ),
        pytest.param(
            "select 'x' as subject, 'y' as word",
            "{word:usd}",
            "only columns that the rule returns",
            id="a word as dollars",
        ),
    ],
)
def test_a_broken_rule_is_a_finding_and_the_others_still_speak(
    spikes: Home, tmp_path: Path, sql: str, summary: str, reason: str
) -> None:
    found = known_rules({}, [write_rule(tmp_path / "alerts", sql, summary=summary)])
    with pipeline.published(spikes.path) as con:
        checked = judge.check(con, found, DAY, NOW)
    (failure,) = [f for f in checked.findings if f.rule == "rule_failed"]
    assert (failure.subject, failure.severity) == ("mine", "warn")
    assert reason in failure.summary
    assert "mine" not in checked.evaluated
    assert "spend_spike" in checked.evaluated


def test_of_a_subject_that_a_rule_names_twice_the_worst_is_told_and_the_other_is_spoken_of(
    spikes: Home, tmp_path: Path
) -> None:
    sql = "from (values ('a', 'warn', 5), ('a', 'warn', 6), ('b', 'warn', 7)) as t(subject, severity, usd)"
    found = known_rules({}, [write_rule(tmp_path / "alerts", sql)])
    with pipeline.published(spikes.path) as con:
        checked = judge.check(con, found, DAY, NOW)
    assert sorted(f.usd for f in checked.findings if f.rule == "mine") == [5, 6, 7]
    (failure,) = [f for f in checked.findings if f.rule == "rule_failed"]
    assert failure.subject == "mine"
    assert f"mine returned 2 rows of the subject 'a' on {DAY}" in failure.summary
    assert "mine" in checked.evaluated


MALFORMED = pytest.mark.parametrize(
    ("sql", "params", "message"),
    [
        pytest.param("select $ratio as subject", "", "uses $ratio, which is not in its params", id="undeclared"),
        pytest.param("select 1 as subject", '[params.ratio]\nvalue = 3\nunit = "times"\n',
                     "declares the parameter ratio and never uses it", id="unused"),
        pytest.param("select 1; select 2", "", "holds SELECT, SELECT; one file is one SELECT", id="two statements"),
        pytest.param("drop table attributed", "", "holds DROP; one file is one SELECT", id="no SELECT"),
        pytest.param("copy (select 1) to 'x.csv'", "", "holds COPY; one file is one SELECT", id="one that writes"),
        pytest.param("selec 1", "", "syntax error", id="not SQL"),
        pytest.param("select 1 as subject", "colour = 3\n", "colour", id="an unknown header key"),
        pytest.param("select '\udcff' as subject", "", "can't decode byte", id="not UTF-8"),
    ],
)  # fmt: skip


@MALFORMED
def test_a_malformed_file_is_a_finding_and_the_others_still_speak(
    spikes: Home, tmp_path: Path, sql: str, params: str, message: str
) -> None:
    directory = write_rule(tmp_path / "alerts", sql, params=params)
    found = known_rules({"mine": RuleSettings.model_validate({"ratio": 3})}, [directory])
    with pipeline.published(spikes.path) as con:
        checked = judge.check(con, found, DAY + timedelta(days=1), NOW)
    (failure,) = [f for f in checked.findings if f.rule == "rule_failed"]
    assert (failure.subject, failure.severity) == ("mine", "warn")
    for part in ("mine.sql", message):
        assert part in failure.summary
    assert "mine" not in checked.evaluated
    assert "spend_spike" in checked.evaluated


@MALFORMED
def test_a_malformed_file_is_refused(tmp_path: Path, sql: str, params: str, message: str) -> None:
    directory = write_rule(tmp_path / "alerts", sql, params=params)
    with pytest.raises(FinopsError, match=re.escape(message)):
        parse(directory / "mine.sql")


def test_a_malformed_file_may_be_switched_off(tmp_path: Path) -> None:
    directory = write_rule(tmp_path / "alerts", "selec 1")
    assert "mine" not in {r.name for r in known_rules({"mine": RuleSettings(enabled=False)}, [directory])}


def test_severity_is_the_setting_then_the_row_then_the_header(spikes: Home, tmp_path: Path) -> None:
    sql = "from (values ('a', 'page'), ('b', null)) as t(subject, severity) where $day is not null"
    directory = write_rule(tmp_path / "alerts", sql)
    for severity, expected in ((None, ["page", "warn"]), ("info", ["info", "info"])):
        settings = {"mine": RuleSettings.model_validate({"severity": severity})}
        (rule,) = [r for r in known_rules(settings, [directory]) if r.name == "mine"]
        with pipeline.published(spikes.path) as con:
            assert [f.severity for f in judge.offenders(con, rule, DAY, NOW, Limits())] == expected


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"spend_spke": {}}, "[rules.spend_spke]: no such rule; did you mean spend_spike?", id="rule"),
        pytest.param({"spend_spike": {"ration": 2}}, "[rules.spend_spike]: no parameter ration; did you mean ratio?",
                     id="parameter"),
        pytest.param({"spend_spike": {"workloads": {"w": {"ration": 2}}}},
                     "[rules.spend_spike.workloads.w]: no parameter ration", id="a workload's parameter"),
        pytest.param({"spend_spike": {"workloads": {"w": {"ratio": "x"}}}},
                     '[rules.spend_spike.workloads.w]: ratio = "x": expected a number', id="a workload's value"),
        pytest.param({"spend_spike": {"guard": 1}}, "guard = 1: expected true or false (true or false), such as true",
                     id="a number for a switch"),
        pytest.param({"spend_spike": {"ratio": True}}, "ratio = true: expected a number", id="a switch for a number"),
        pytest.param({"spend_spike": {"ratio": "three"}}, 'ratio = "three": expected a number (times), such as 3.0',
                     id="a word for a number"),
        pytest.param({"spend_spike": {"ratio": [3]}}, "ratio = [3]: expected a number", id="a list for a number"),
        pytest.param({"spend_spike": {"ratio": DAY}}, 'ratio = "2026-11-18": expected a number', id="a date"),
        pytest.param({"spend_spike": {"ratio": Decimal("-3")}}, "ratio = -3: expected 0 or more (times)", id="minus"),
        pytest.param({"spend_spike": {"ratio": Decimal("nan")}}, "ratio = NaN: expected a finite number", id="nan"),
        pytest.param({"reconciliation": {"tolerance_usd": -1}}, "tolerance_usd = -1: expected 0 or more (USD)",
                     id="below zero"),
        pytest.param({"untagged_spend": {"window_days": Decimal("2.5")}},
                     "window_days = 2.5: expected a whole number (days), such as 7", id="half a day"),
        pytest.param({"cache_hit_rate": {"min_rate": 60}}, "min_rate = 60: expected a share, 0 to 1 (share of input)",
                     id="percent"),
        pytest.param({"spend_drop": {"holidays": "2026-12-25, 26.12.2026"}},
                     'holidays = "2026-12-25, 26.12.2026": expected YYYY-MM-DD (days, with commas)', id="no day"),
        pytest.param({"spend_drop": {"holidays": "2026-12-25 2026-12-26"}}, "expected YYYY-MM-DD", id="no comma"),
        pytest.param({"spend_drop": {"holidays": "2026-02-30"}}, "expected YYYY-MM-DD", id="no such day"),
    ],
)  # fmt: skip
def test_misspelt_settings(settings: dict[str, dict[str, Any]], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        known_rules({name: RuleSettings.model_validate(given) for name, given in settings.items()})


@pytest.mark.parametrize("value", [2, Decimal("2.5"), 0, Decimal("1E+40")])
def test_a_number_is_a_number(value: int | Decimal) -> None:
    found = known_rules({"spend_spike": RuleSettings.model_validate({"ratio": value})})
    assert [rule.values["ratio"] for rule in found if rule.name == "spend_spike"] == [value]


@pytest.mark.parametrize(
    ("day", "now"),
    [
        pytest.param(date(1990, 1, 1), NOW, id="before the bill"),
        pytest.param(NOW.date() + timedelta(days=1), NOW, id="tomorrow"),
        pytest.param(date(2020, 1, 1), datetime(2020, 1, 1, tzinfo=UTC), id="a clock that is behind"),
    ],
)
def test_a_day_outside_the_ledger_is_an_error(spikes: Home, day: date, now: datetime) -> None:
    ((first, last),) = spikes.ask("select min(day), max(day) from billed_daily")
    with (
        pipeline.published(spikes.path) as con,
        pytest.raises(QueryError, match=f"{day}: the ledger holds {first} to {last}; "),
    ):
        judge.check(con, known_rules({}), day, now)


def test_a_rule_may_be_switched_off() -> None:
    assert "spend_spike" not in {r.name for r in known_rules({"spend_spike": RuleSettings(enabled=False)})}


def test_a_rule_of_ones_own_replaces_ours(tmp_path: Path) -> None:
    directory = write_rule(tmp_path / "alerts", "select 'x' as subject")
    (directory / "mine.sql").rename(directory / "spend_spike.sql")
    (rule,) = [r for r in known_rules({}, [directory]) if r.name == "spend_spike"]
    assert rule.title == "t"
