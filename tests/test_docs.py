"""What the docs promise: every rule, view, column, command and setting is there, and every example works."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import generate
import pytest
import typer.main
from home import Home

from finops import config
from finops.cli import app
from finops.config import Settings
from finops.rules.files import known_rules

ROOT = Path(__file__).parents[1]
SECRETS = {"FINOPS_SMTP_PASSWORD": "x", "FINOPS_PAGERDUTY_ROUTING_KEY": "x"}
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(language: str, *pages: str) -> list[Any]:
    found = []
    for page in pages:
        fenced = re.findall(rf"^```{language}\n(.*?)^```", text(page), re.DOTALL | re.MULTILINE)
        found += [pytest.param(block, id=f"{page} {n}") for n, block in enumerate(fenced, 1)]
    return found


def headings(name: str) -> set[str]:
    return set(re.findall(r"^#+ (.+)$", text(name), re.MULTILINE))


@pytest.mark.parametrize(
    "rule", [*(rule.name for rule in known_rules({})), "rule_failed", "channel_failed", "job_failed"]
)
def test_a_rule_has_its_runbook(rule: str) -> None:
    assert rule in headings("docs/rules.md")


COMMANDS = [pytest.param(name, help_, command, id=name) for name, help_, command in generate.all_commands()]


@pytest.mark.parametrize(("name", "help_", "command"), COMMANDS)
def test_a_command_has_help_an_example_and_a_place(name: str, help_: str, command: Any) -> None:
    assert help_
    assert f"finops {name}" in headings("docs/commands.md")
    if not hasattr(command, "commands"):
        assert re.match(rf"Example: finops (--\w+ \S+ )*{name}\b", command.epilog or "")


def test_there_are_commands() -> None:
    assert {"demo", "sync", "check"} <= typer.main.get_command(app).commands.keys()  # type: ignore[attr-defined]


VIEWS = generate.view_columns()


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_has_its_place_and_every_column_a_meaning(view: str) -> None:
    assert view in headings("docs/views.md")
    assert [column for column, (_, meaning) in VIEWS[view].items() if not meaning] == []


@pytest.mark.parametrize("metric", generate.all_metrics(), ids=lambda metric: metric.name)
def test_a_header_explains_no_column_that_is_not_there(metric: Any) -> None:
    assert metric.columns.keys() <= VIEWS[metric.name].keys()


@pytest.mark.parametrize("key", Settings.model_fields)
def test_a_setting_is_explained(key: str) -> None:
    assert f'generate.settings("{key}")' in text("docs/configuration.md")


@pytest.mark.parametrize("example", blocks("toml", "README.md", "docs/configuration.md"))
def test_an_example_of_finops_toml_is_accepted(example: str, home: Home) -> None:
    for name in ("alerts", "metrics"):
        (home.path / name).mkdir()
    bot = 'channel = "' in example
    home.configure(sources=example)
    slack = "FINOPS_SLACK_TOKEN" if bot else "FINOPS_SLACK_WEBHOOK_URL"
    settings = config.read(home.path, {**SECRETS, slack: "https://hooks.slack.com/services/x"})
    given = tomllib.loads(example, parse_float=Decimal)
    assert settings.model_fields_set >= given.keys()
    known_rules(settings.rules, settings.alerts)


@pytest.mark.parametrize("example", blocks("sql", "README.md"))
def test_an_example_query_runs(example: str, home: Home) -> None:
    home.configure(sources='[[sources]]\nkind = "prices"\n')
    home.sync()
    assert home.ask(example) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        there = page.parent / file if file else page
        assert there.exists(), target
        if anchor:
            anchors = {
                re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-")
                for h in headings(str(there.relative_to(ROOT)))
            }
            assert anchor in anchors, target
