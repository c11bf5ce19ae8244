"""CONTRIBUTING.md, followed to the letter: the files it shows are the files that are tested."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from bill import cur2, line
from home import SOURCE, Home

GUIDE = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
SHOWN = dict(re.findall(r"^`([\w./]+\.\w+)`[^\n]*:\n\n```\w+\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE))


@pytest.fixture
def newcomer(home: Home) -> Home:
    """Monday to Wednesday, 2 to 4 November 2026: search is dear, chat is not."""
    cur2(
        home.exports,
        [
            line(f"2026-11-0{day} 10:00", usd, resource_tags={"Workload": workload})
            for day in (2, 3, 4)
            for workload, usd in (("search", 400.0), ("chat", 2.5))
        ],
    )
    home.configure(SOURCE, sources=SHOWN["finops.toml"])
    for name in ("metrics/spend_weekly.sql", "alerts/dear_week.sql"):
        file = home.path / name
        file.parent.mkdir()
        file.write_text(SHOWN[name], encoding="utf-8")
    home.sync()
    return home


def test_the_metric_is_a_view(newcomer: Home) -> None:
    rows = newcomer.ask("select week::varchar, workload, usd::double from spend_weekly order by workload")
    assert rows == [("2026-11-02", "chat", 7.5), ("2026-11-02", "search", 1200.0)]


def test_the_rule_finds(newcomer: Home) -> None:
    done = newcomer.run("--json", "rules", "run", "dear_week", "--day", "2026-11-04")
    assert done.returncode == 0, done.stderr
    (finding,) = json.loads(done.stdout)
    assert finding["subject"] == "search"
    assert finding["summary"] == "search has cost $1,200 since Monday 02 Nov; the limit is $1,000."


def test_the_threshold_is_a_setting(newcomer: Home) -> None:
    newcomer.configure(SOURCE + "[rules.dear_week]\nlimit_usd = 5000\n", sources=SHOWN["finops.toml"])
    done = newcomer.run("rules", "run", "dear_week", "--day", "2026-11-04")
    assert (done.returncode, done.stdout) == (0, "dear_week: quiet\n")
