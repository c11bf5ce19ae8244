"""`finops check`, `status`, `rules`, `metrics`: what they print, where, and with which exit code."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from bill import cur2, line
from home import SOURCE, Home
from typer import Typer
from typer.testing import CliRunner

from finops.commands import check, metrics, run, status, sync
from finops.commands.context import Context
from finops.errors import ConfigError, FinopsError, QueryError

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LAST = date(2026, 11, 18)  # the last complete day of the bill
SPIKE = LAST - timedelta(days=1)  # and back to normal on the last
APP = Typer()
for part in (sync, check, run, status, metrics):
    APP.registered_commands += part.app.registered_commands


@pytest.fixture(scope="module")
def spiked(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Production spends $100 a day for weeks, and $900 on the last day but one."""
    home = Home(tmp_path_factory.mktemp("checks") / "home")
    days = [LAST - timedelta(days=ago) for ago in range(35)]
    tags = {"Workload": "search", "Environment": "prod"}
    cur2(home.exports, [
        line(f"{day} 23:00", usd, amount=10 * usd, resource_tags=tags)
        for day in days for usd in (900 if day == SPIKE else 100,)
    ])  # fmt: skip
    home.sync()
    return home


@pytest.fixture
def home(spiked: Home, tmp_path: Path) -> Home:
    return spiked.copy(tmp_path / "home")


class Outcome:
    """What a command printed and raised: `finops.cli` makes errors exit codes."""

    def __init__(self, home: Home, *arguments: str, now: datetime = NOW, as_json: bool = False) -> None:
        done = CliRunner().invoke(APP, list(arguments), obj=Context(home.path, as_json, now))
        self.error = done.exception if isinstance(done.exception, FinopsError) else None
        if done.exception and not isinstance(done.exception, FinopsError | SystemExit):
            raise done.exception
        self.code, self.stdout, self.stderr = done.exit_code, done.stdout, done.stderr


def test_a_page_of_an_earlier_scored_day_counts(home: Home) -> None:
    done = Outcome(home, "check", "--fail-on", "page")
    assert done.code == 1
    assert f"checked {LAST}: 1 page found; told: 1 opened" in done.stderr


def test_a_finding_is_told_once_and_found_each_time(home: Home) -> None:
    Outcome(home, "check")
    again = Outcome(home, "check", "--fail-on", "page")
    assert (again.code, again.stdout) == (1, "")
    assert f"checked {LAST}: 1 page found; told: nothing new" in again.stderr


def test_nothing_found_is_no_failure(home: Home) -> None:
    done = Outcome(home, "check", "--day", str(LAST - timedelta(days=7)), "--fail-on", "info")
    assert done.code == 0
    assert "nothing found; told: nothing new" in done.stderr


def test_json_is_all_of_stdout(home: Home) -> None:
    done = Outcome(home, "check", as_json=True)
    ran = json.loads(done.stdout)
    assert [(f["rule"], f["day"]) for f in ran["findings"]] == [("spend_spike", str(SPIKE))]
    assert [told["reason"] for told in ran["told"]] == ["opened"]
    assert "search" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "now"),
    [
        pytest.param(["check", "--day", "1990-01-01"], NOW, id="a day before the bill"),
        pytest.param(["check", "--day", "2026-11-21"], NOW, id="tomorrow"),
        pytest.param(["check"], datetime(2001, 1, 1, tzinfo=UTC), id="a clock that is behind"),
    ],
)
def test_a_day_outside_the_ledger_is_an_error(home: Home, arguments: list[str], now: datetime) -> None:
    done = Outcome(home, *arguments, now=now)
    assert isinstance(done.error, QueryError)
    assert f"the ledger holds 2026-10-15 to {LAST}; " in str(done.error)


@pytest.mark.parametrize("command", ["sync", "check", "run"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("[rules.spend_spke]", "did you mean spend_spike?", id="a rule"),
        pytest.param("[rules.spend_spike]\nration = 2", "did you mean ratio?", id="a parameter"),
        pytest.param('[rules.spend_spike]\nratio = "three"', "expected a number (times)", id="a word for a number"),
    ],
)  # fmt: skip
def test_misspelt_rules_stop_every_command(home: Home, command: str, text: str, message: str) -> None:
    home.configure(text)
    done = Outcome(home, command)
    assert isinstance(done.error, ConfigError)
    assert message in str(done.error)


def test_a_misspelt_variable_stops_every_command(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPS_SLCK_TOKEN", "x")
    for arguments in (["metrics"], ["status"], ["rules"], ["incidents", "list"], ["sql", "select 1"]):
        done = home.run(*arguments)
        assert done.returncode == 3
        assert "FINOPS_SLCK_TOKEN is not known; did you mean FINOPS_SLACK_TOKEN?" in done.stderr


def test_a_check_says_which_name_in_finops_toml_is_nobodys(home: Home) -> None:
    window = 'from = 2026-12-01\nto = 2026-12-02\nreason = "a sale"\n'
    home.configure(f'[[planned]]\nworkload = "serch"\n{window}[[planned]]\nworkload = "to-come"\n{window}')
    said = Outcome(home, "check").stderr
    assert "finops.toml: planned: a sale: no workload serch is on the bill; did you mean search?" in said
    assert "to-come" not in said


def test_a_malformed_rule_of_ones_own_stops_nothing(home: Home) -> None:
    (home.path / "alerts").mkdir()
    (home.path / "alerts/mine.sql").write_text("select 1")
    home.configure(sources='alerts = ["alerts"]\n' + SOURCE)
    done = Outcome(home, "check", as_json=True)
    findings = {f["rule"]: f["summary"] for f in json.loads(done.stdout)["findings"]}
    assert findings.keys() == {"spend_spike", "rule_failed"}
    assert "mine.sql: no header" in findings["rule_failed"]


def test_rules_that_are_switched_off_are_named_apart(home: Home) -> None:
    assert "switched off" not in home.run("rules").stdout
    home.configure("[rules.spend_spike]\nenabled = false\n")
    listed, _, off = home.run("rules").stdout.partition("switched off in finops.toml: ")
    assert "spend_spike " not in listed
    assert off == "spend_spike\n"
    done = home.run("rules", "run", "spend_spike")
    assert done.returncode == 3
    assert "spend_spike is switched off in finops.toml" in done.stderr


def test_a_rule_that_is_run_by_hand_shows_the_days_before(home: Home) -> None:
    done = home.run("rules", "run", "spend_spike", "--day", str(SPIKE), "--json")
    (found,) = json.loads(done.stdout)
    assert [[day, float(usd)] for day, usd in found["series"][-2:]] == [
        ["2026-11-16", 100],
        ["2026-11-17", 900],
    ]


def test_a_rule_that_is_run_by_hand_keeps_to_the_limits(home: Home) -> None:
    home.configure("[limits]\nrule_findings = 1\n", sources='alerts = ["alerts"]\n' + SOURCE)
    texts = "".join(f'{key} = "{key}"\n' for key in ("title", "headline", "summary", "why", "next_step"))
    (home.path / "alerts").mkdir()
    (home.path / "alerts/mine.sql").write_text(
        f'/*---\nseverity = "warn"\n{texts}---*/\n'
        "select * from (values ('a', 1), ('b', 2)) as t(subject, usd) where $day is not null"
    )
    found = json.loads(home.run("rules", "run", "mine", "--json").stdout)
    assert [(f["rule"], f["subject"]) for f in found] == [("mine", "b"), ("rule_failed", "mine")]


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        pytest.param("-500", "billed -$500.00 = attributed -$500.00", id="a refund"),
        pytest.param("57312", "billed $57,312.00 = attributed $57,312.00", id="thousands"),
    ],
)
def test_status_compares_dollars_to_the_cent(tmp_path: Path, usd: str, shown: str) -> None:
    home = Home(tmp_path / "home")
    cur2(home.exports, [line("2026-11-18 23:00", usd)])
    home.sync()
    assert shown in Outcome(home, "status").stdout


def test_of_no_dollars_status_says_no_share(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    cur2(home.exports, [line("2026-11-18 23:00", 0)])
    home.sync()
    assert "named by" not in Outcome(home, "status").stdout
    assert [row["share"] for row in json.loads(Outcome(home, "status", "--json").stdout)["coverage"]] == [
        None
    ]


def test_json_may_stand_before_the_command(home: Home) -> None:
    assert "spend_daily" in {
        view["name"] for view in json.loads(Outcome(home, "metrics", as_json=True).stdout)
    }
