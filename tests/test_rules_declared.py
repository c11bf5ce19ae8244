"""Rules that measure a workload by what is declared of it, by its own past or by the price book."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alert_cases import Case, cases, days, every, judged, spent
from bill import cur2
from home import Home


def declared(table: str, rows: list[dict[str, Any]]) -> str:
    """As finops.toml has it; JSON's texts, numbers and lists are TOML's too."""
    return "".join(
        f"[[{table}]]\n"
        + "".join(f"{key} = {json.dumps(value, default=float)}\n" for key, value in row.items())
        for row in rows
    )


@pytest.fixture(scope="module")
def budgets(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("budgets") / "home")
    keys = ("amount_usd", "thresholds", "projected")
    home.configure(declared("budgets", [
        {"name": case["name"], "workload": case["name"]} | {key: case[key] for key in keys if key in case}
        for case in cases("budget")
    ]))  # fmt: skip
    cur2(home.exports, [
        spent(day, usd, case["name"]) for case in cases("budget") for day, usd in days(case["usd"])
    ])  # fmt: skip
    home.sync()
    return home


@every("budget")
def test_budget(budgets: Home, case: Case) -> None:
    found = [f for f in judged(budgets, "budget", case) if f.workload == case["name"]]
    assert [(f.severity, f.subject) for f in found] == (
        [(case["fires"], f"{case['name']} 2026-11")] if "fires" in case else []
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("reached days ago", "$180.00 of $100.00 (180%) through 18 Nov; it was reached on 10", id="over"),
        pytest.param("heading for exactly the amount", "reached about 30 Nov, and the month is heading for $191.10",
                     id="will be"),
        pytest.param("exactly half used", "(50%) through 18 Nov; the month is heading for $30.00", id="will not be"),
        pytest.param("nothing in its scope", "look for a misspelt name", id="nothing"),
    ],
)  # fmt: skip
def test_a_budget_says_when(budgets: Home, name: str, words: str) -> None:
    (found,) = [f for f in judged(budgets, "budget", {}) if f.workload == name]
    assert words in found.summary
