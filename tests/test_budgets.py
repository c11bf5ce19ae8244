"""Budgets: whose dollars they count, and how the month stands."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bill import ACCOUNT, cur2, line
from home import Home

from finops import config, pipeline
from finops.errors import ConfigError
from finops.state.store import FILE, State

BUDGETS = f"""
[[budgets]]
name = "all"
amount_usd = 1000
[[budgets]]
name = "search"
amount_usd = 60.5
workload = "search-api"
[[budgets]]
name = "search in production"
amount_usd = 40
workload = "search-api"
environment = "prod"
[[budgets]]
name = "team"
amount_usd = 100
team = "search"
[[budgets]]
name = "account"
amount_usd = 100
account = "{ACCOUNT}"
[[budgets]]
name = "nobody"
amount_usd = 1
team = "nobody"
"""


def tags(workload: str, team: str, environment: str) -> dict[str, str]:
    return {"Workload": workload, "Team": team, "Environment": environment}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("budgets") / "home")
    home.configure(BUDGETS)
    prod, dev = tags("search-api", "search", "prod"), tags("search-api", "search", "dev")
    cur2(home.exports, [
        line("2026-10-31 10:00", 500, resource_tags=prod),
        line("2026-11-02 10:00", 30, net=20, resource_tags=prod),
        line("2026-11-03 10:00", 40, resource_tags=dev),
        line("2026-11-05 23:00", 7, resource_tags=tags("chat", "support", "prod"), account="444455556666"),
        line("2026-11-05 23:00", 100, type="Tax", resource_tags=prod),
    ])  # fmt: skip
    home.sync()
    return home


def test_what_a_budget_counts(home: Home) -> None:
    """Net dollars of the month, without tax; October's are no November's."""
    assert home.ask(
        "select budget, scope, actual_usd from budgets where month = '2026-11-01' order by actual_usd desc, budget"
    ) == [
        ("all", "all spend", 67),
        ("account", f"account {ACCOUNT}", 60),
        ("search", "workload search-api", 60),
        ("team", "team search", 60),
        ("search in production", "workload search-api, environment prod", 20),
        ("nobody", "team nobody", 0),
    ]


def test_the_month_as_it_goes(home: Home) -> None:
    """Through the 3rd: 60 so far and 560 / 4 a day, for the ledger has four days; reached on the 4th."""
    columns = "actual_usd, projected_usd, breach_day"
    assert home.ask(f"select {columns} from budget_daily where budget = 'search' and day = '2026-11-03'") == [
        (60, 60 + 140 * 27, date(2026, 11, 4))
    ]
    assert home.ask(
        "select month, as_of, breach_day from budgets where budget = 'search' order by month"
    ) == [
        (date(2026, 10, 1), date(2026, 10, 31), date(2026, 10, 31)),
        (date(2026, 11, 1), date(2026, 11, 5), date(2026, 11, 6)),
    ]


def test_a_bill_that_is_behind_another_is_no_bill_of_nothing(tmp_path: Path) -> None:
    """One payer's bill ends with the 18th, the other's with the 15th: $10 a day each, all month."""
    late = Home(tmp_path / "home")
    late.configure(
        '[[budgets]]\nname = "all"\namount_usd = 555\n',
        sources="".join(f'[[sources]]\nkind = "cur"\npath = "{path}"\n' for path in ("exports", "others")),
    )
    cur2(late.exports, [line(f"2026-11-{day:02} 23:00", 10) for day in range(1, 19)])
    others = [line(f"2026-11-{day:02} 23:00", 10, payer="1" * 12, account="2" * 12) for day in range(1, 16)]
    cur2(late.path / "others", others)
    late.sync()
    budget = "select actual_usd, projected_usd, breach_day, basis from budgets"
    assert late.ask(budget) == [(330, 600, date(2026, 11, 28), "provisional")]
    assert late.ask("select net_usd, projected_usd from spend_monthly") == [(330, 600)]


def test_a_budget_that_the_last_day_used_up_is_told_and_not_taken_back(tmp_path: Path) -> None:
    """$3 a day and $30 on the last one; nobody looks on that morning. The month's end is no recovery."""
    home = Home(tmp_path / "home")
    home.configure('[[budgets]]\nname = "all"\namount_usd = 100\nthresholds = [1]\nprojected = []\n')
    days = [date(2026, 11, 1) + timedelta(days=n) for n in range(37)]
    cur2(home.exports, [line(f"{day} 23:00", 30 if day == date(2026, 11, 30) else 3) for day in days])
    home.sync(datetime(2026, 12, 8, 9, tzinfo=UTC))
    settings, told = config.read(home.path, {}), []
    for day in (28, *range(30, 37)):
        ran = pipeline.check(home.path, settings, datetime(2026, 12, 8, day % 24, tzinfo=UTC), days[day])
        told += [(n.reason, n.incident.subject) for n in ran.decision.notices if n.incident.rule == "budget"]
    assert told == [("opened", "all 2026-11")]
    with State(home.path / FILE) as state:
        (incident,) = [one for one in state.incidents() if one.rule == "budget"]
    assert (incident.state, incident.last_day) == ("resolved", date(2026, 11, 30))


def text(**columns: Any) -> str:
    values = {"name": '"a"', "amount_usd": "10"} | columns
    return "[[budgets]]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        pytest.param(text(amount_usd=0), "[[budgets]] 'a': amount_usd = 0: expected more than 0", id="nothing"),
        pytest.param(text(amount_usd=-5), "[[budgets]] 'a': amount_usd = -5: expected more than 0", id="less"),
        pytest.param(text(amount_usd="1e40"), "'a': amount_usd = 1E+40: expected 0.01 to 100,000,000,000", id="mad"),
        pytest.param(text(amount_usd="1e-9"), "'a': amount_usd = 1E-9: expected 0.01 to", id="less than a cent"),
        pytest.param(text(thresholds="[1e-9]"), "'a': thresholds: expected shares above 0", id="a share that is none"),
        pytest.param(text(name='" "'), "budgets.0.name: expected a text that is not empty", id="a blank name"),
        pytest.param(text(amount_usd='"much"'), "budgets.0.amount_usd: expected a number", id="a word"),
        pytest.param(text(amount_usd="nan"), "amount_usd", id="no number"),
        pytest.param(text() + text(amount_usd=20), "'a' stands there twice", id="one name twice"),
        pytest.param(text() + text(name='"A"', team='"x"'), "'A' stands there twice", id="a name in another case"),
        pytest.param(text(team='"x"') + text(name='"b"', team='"x"'), "'b' and 'a' are both of team x", id="one scope"),
        pytest.param(text() + text(name='"b"'), "'b' and 'a' are both of all spend", id="all spend twice"),
        pytest.param(text(account='"12"'), "budgets.0.account: expected an account id of twelve", id="an account"),
        pytest.param(text(thresholds="[80]"), "'a': thresholds: 80 is 80 times the budget; 80 % is 0.8", id="percent"),
        pytest.param(text(thresholds="[-0.5]"), "'a': thresholds: expected shares above 0", id="below zero"),
        pytest.param(text(thresholds="[]", projected="[]"), "'a': neither thresholds nor projected", id="never told"),
        pytest.param(text(worklaod='"x"'), "budgets.0.worklaod: unknown key; did you mean workload?", id="a key"),
        pytest.param('[[budgets]]\nname = "a"\n', "budgets.0.amount_usd: is missing", id="no amount"),
    ],
)  # fmt: skip
def test_what_is_no_budget(tmp_path: Path, toml: str, message: str) -> None:
    (tmp_path / "finops.toml").write_text(toml)
    with pytest.raises(ConfigError) as raised:
        config.read(tmp_path, {})
    assert message in str(raised.value)


def plan(home: Home, tmp_path: Path, budgets: str) -> Home:
    changed = home.copy(tmp_path / "home")
    changed.configure(budgets)
    return changed


def test_a_plan_says_what_would_change_and_be_told(home: Home, tmp_path: Path) -> None:
    changed = plan(home, tmp_path, text(name='"all"', amount_usd="130.5") + text(name='"chat"', workload='"chat"')
                   + text(name='"account"', amount_usd=100, account=f'"{ACCOUNT}"')
                   + text(name='"search"', amount_usd="60", workload='"search-api"', thresholds="[1.0]"))  # fmt: skip
    done = changed.run("budgets", "--plan")
    assert (done.returncode, done.stderr) == (0, "")
    said = done.stdout.splitlines()
    assert said[:7] == [
        "+ added chat: $10.00 a month for workload chat",
        "~ changed all: amount_usd 1000 to 130.5",
        "~ changed search: amount_usd 60.5 to 60; thresholds [0.5, 0.8, 1] to [1]",
        "- removed nobody: $1.00 a month for team nobody",
        "- removed search in production: $40.00 a month for workload search-api, environment prod",
        "- removed team: $100.00 a month for team search",
        "= kept account: $100.00 a month for account 111122223333",
    ]
    assert [line[:29] for line in said if line.startswith("would")] == [
        "would tell [page] Budget sear",
        "would tell [warn] Budget chat",
        "would no longer tell of nobod",
        "would no longer tell of searc",
        "would no longer tell of team ",
    ]
    assert changed.ask("select count(*) from budgets where month = '2026-11-01'") == [(6,)]


def test_a_plan_without_changes(home: Home, tmp_path: Path) -> None:
    same = plan(home, tmp_path, text(name='"one"', workload='"chat"'))
    same.sync()
    said = same.run("budgets", "--plan").stdout.splitlines()
    assert said[1:] == ["finops.toml has the budgets that are published; a sync changes nothing."]


def test_how_budgets_stand(home: Home) -> None:
    said = home.run("budgets").stdout.splitlines()
    assert said[0] == "November 2026 through 05 Nov, net of discounts, without tax"
    assert len(said) == 2 + BUDGETS.count("[[budgets]]")


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        pytest.param(text(workload='"serach-api"'), "of workload 'serach-api'; did you mean search-api?",
                     id="a workload"),
        pytest.param(text(team='"saerch"'), "of team 'saerch'; did you mean search?", id="a team"),
        pytest.param(text(account='"111122223334"'), "did you mean 111122223333?", id="an account"),
        pytest.param(text(environment='"live"'), "nothing is known of environment 'live'", id="an environment"),
    ],
)  # fmt: skip
def test_a_plan_refuses_what_nobody_knows(home: Home, tmp_path: Path, budget: str, message: str) -> None:
    done = plan(home, tmp_path, budget).run("budgets", "--plan")
    assert done.returncode == 3
    assert message in done.stderr


def test_what_is_declared_is_known(home: Home, tmp_path: Path) -> None:
    declared = '[[workloads]]\nname = "next"\nteam = "labs"\nenvironments = ["live"]\n'
    budget = text(workload='"next"', team='"labs"', environment='"live"')
    assert plan(home, tmp_path, declared + budget).run("budgets", "--plan").returncode == 0
