"""Rules that measure a workload by what is declared of it, by its own past or by the price book."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from alert_cases import DAY, Case, called, cases, days, every, judged, save, spent, verdict, with_sources
from bill import ACCOUNT, cur2, line
from home import SOURCE, Home


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


@pytest.fixture(scope="module")
def drifts(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home, bill, stream = (
        with_sources(tmp_path_factory.mktemp("drifts") / "home", metric_stream="stream"),
        [],
        [],
    )
    rows = [
        {"name": case["name"], "models": case["models"]} for case in cases("model_drift") if "models" in case
    ]
    home.configure(declared("workloads", rows), sources=(home.path / "finops.toml").read_text())
    for number, case in enumerate(cases("model_drift")):
        tags = {} if case["name"] == "(untagged)" else {"Workload": case["name"]}
        tags |= {"Model": case["tag"]} if "tag" in case else {}
        of = f"drift{number}"
        arn = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:application-inference-profile/{of}"
        stream.append(
            called(DAY, "us-east-1", of, int(case.get("legacy", 0)), metric="LegacyModelInvocations")
        )
        for model, series in case["usd"].items():
            usage = f"USE1-{model}-input-tokens"
            bill += [
                line(f"{day} 23:00", usd, resource_tags=tags, usage_type=usage, resource=arn)
                for day, usd in days(series)
                if usd != "0"
            ]
    cur2(home.exports, bill)
    save(home.path / "stream/2026/11/18/calls.json", "\n".join(stream))
    home.sync()
    return home


@every("model_drift")
def test_model_drift(drifts: Home, case: Case) -> None:
    found = [f for f in judged(drifts, "model_drift", case) if f.workload == case["name"]]
    assert {f.model: f.severity for f in found} == case.get("fires", {})


def test_a_drift_says_why(drifts: Home) -> None:
    found = {f.workload: f.summary for f in judged(drifts, "model_drift", {})}
    assert "the Model tag says sonnet; first seen there on 10 Oct 2026" in found["the tag says another model"]
    assert "AWS counts 12 calls of it as legacy" in found["AWS calls the model legacy"]
    assert "its [[workloads]] does not name it" in found["a model that is not declared"]
    assert found["a new model of nothing declared"].endswith("first seen there on 12 Nov 2026.")


def test_registry_drift(drifts: Home) -> None:
    columns = "declared, undeclared_models, unused_models, drifts"
    found = {name: row for name, *row in drifts.ask(f"select workload, {columns} from registry_drift")}
    assert found["a model that is not declared"] == [True, ["Claude Sonnet 4.6"], [], True]
    assert found["not declared, and used for ever"] == [True, ["Claude Haiku 4.5"], ["Nova *"], True]
    assert found["as declared, by a pattern in another case"] == [True, [], [], False]
    assert found["declared without models"] == [True, [], [], False]
    assert found["no longer new"] == [False, [], [], True]
    assert found["(untagged)"] == [False, [], [], False]


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Home:
    bill, stream = [], []
    for number, case in enumerate(cases("unbounded_context")):
        name = f"prompts{number}"
        arn = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:application-inference-profile/{name}"
        for day, lengths in days(case["prompt"]):
            fresh, _, read = lengths.partition("+")
            stream += [] if case.get("uncounted") else [called(day, "us-east-1", name, 1000)]
            of_cache = ("cache-read-input-token-count", "CacheReadInputTokenCount")
            for count, (kind, metric) in (
                (fresh, ("input-tokens", "InputTokenCount")),
                (read or "0", of_cache),
            ):
                tokens = 1000 * int(count)
                stream.append(called(day, "us-east-1", name, tokens, metric=metric))
                bill.append(spent(day, str(Decimal(tokens) / 10000), case["name"], resource=arn, amount=tokens / 1000,
                                  usage_type=f"USE1-Claude4.5Haiku-{kind}"))  # fmt: skip
    home = with_sources(tmp_path_factory.mktemp("prompts") / "home", metric_stream="stream")
    cur2(home.exports, bill)
    save(home.path / "stream/2026/11/18/calls.json", "\n".join(stream))
    home.sync()
    return home


@every("unbounded_context")
def test_unbounded_context(prompts: Home, case: Case) -> None:
    assert verdict(judged(prompts, "unbounded_context", case), case["name"]) == case.get("fires")


def test_what_a_long_prompt_costs_a_year(prompts: Home) -> None:
    """7 days, 1,000 calls, 100 tokens more at 0.01 cents."""
    found = {f.workload: f for f in judged(prompts, "unbounded_context", {})}
    longer = found["half as long again as before"]
    assert (longer.usd, longer.facts["yearly_usd"]) == (Decimal("70.00"), "3650.00")
    assert "300 prompt tokens a call on haiku" in longer.summary
    assert "the bound is 50,000" in found["well over the bound"].summary


@pytest.fixture(scope="module")
def rates(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("rates") / "home")
    home.configure(sources=SOURCE + '[[sources]]\nkind = "prices"\n')
    cur2(home.exports, [
        spent(day, str(Decimal(rate) * 100), case["name"], amount=100_000, usage_type=f"USE1-{case['usage']}")
        for case in cases("rate_jump") for day, rate in days(case["rate"])
    ])  # fmt: skip
    home.sync()
    return home


@every("rate_jump")
def test_rate_jump(rates: Home, case: Case) -> None:
    found = [f for f in judged(rates, "rate_jump", case) if f.facts["payers"] == case["name"]]
    assert [f.severity for f in found] == ([case["fires"]] if "fires" in case else [])


def test_a_jump_says_against_what(rates: Home) -> None:
    found = {f.facts["payers"]: f for f in judged(rates, "rate_jump", {})}
    assert (found["exactly a tenth more"].usd, found["exactly a tenth more"].model) == (
        300,
        "Claude Sonnet 4.6",
    )
    assert "+10% against four weeks" in found["exactly a tenth more"].summary
    assert "+50% against the price book" in found["new, and far above the book"].headline
    assert "the price book says $0.80 (+50%)" in found["new, and far above the book"].summary
