"""Lines that no tag names, shared by the invocation log (rung 5) and by consumers' runs (rung 6)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bill import ACCOUNT, Row, cur2, line
from home import SOURCE, Home
from log import HAIKU, call, executions, runs, sync

MAPPED = "444455556666"
ARN = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:"
TAGGED, BARE = (
    f"{ARN}application-inference-profile/tagged12char",
    f"{ARN}application-inference-profile/bare12chars0",
)
BY_ID = f"arn:aws:bedrock:us-east-1::foundation-model/{HAIKU}"
THROUGHPUT = f"{ARN}provisioned-model/shared12char"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:"
MACHINE = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:pipeline"
CONFIGURATION = f"""
[tags]
workload = ["Workload", "app"]

[accounts.{MAPPED}]
workload = "lab"

[principals."role/mapped"]
workload = "by-map"

[[sources]]
kind = "inventory"
path = "inventory"
"""
FUNCTIONS = {  # name: its tags and its role
    "search": ({"Workload": "search", "Model": "haiku"}, "search-fn"),
    "chat": ({"workload": "chat", "model": "Haiku", "Team": "front"}, "shared"),
    "docs": ({"app": "docs", "Model": "haiku"}, "shared"),
    "family": ({"Workload": "family", "Model": "claude"}, "family-fn"),
    "exact": ({"Workload": "exact", "Model": "claude-haiku-4.5"}, "exact-fn"),
    "either": ({"Workload": "either", "Model": "haiku/sonnet"}, "either-fn"),
    "sonnet": ({"Workload": "sonnet", "Model": "sonnet"}, "sonnet-fn"),
    "modelless": ({"Workload": "modelless"}, "modelless-fn"),
    "nameless": ({"Model": "haiku"}, "nameless-fn"),
    "bare12chars0": ({"Team": "of a profile's namesake"}, "namesake-fn"),
}


def tagged(arn: str, tags: dict[str, str]) -> dict[str, Any]:
    return {"ResourceARN": arn, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def inventory(root: Path, functions: dict[str, tuple[dict[str, str], str]] = FUNCTIONS) -> None:
    tags = [tagged(FUNCTION + name, own) for name, (own, _) in functions.items()]
    tags += [
        tagged(MACHINE, {"Workload": "pipeline", "Model": "haiku"}),
        tagged(TAGGED, {"Workload": "by-profile"}),
    ]
    answers = {
        "tags": {"ResourceTagMappingList": tags},
        "functions": {
            "Functions": [
                {"FunctionArn": FUNCTION + name, "FunctionName": name, "Role": ROLE + role}
                for name, (_, role) in functions.items()
            ]
        },
        "profiles": {
            "inferenceProfileSummaries": [
                {"inferenceProfileArn": arn, "inferenceProfileName": "p",
                 "models": [{"modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{HAIKU}"}]}
                for arn in (TAGGED, BARE)
            ]
        },
    }  # fmt: skip
    root.mkdir(parents=True, exist_ok=True)
    for name, answer in answers.items():
        (root / f"{name}.json").write_text(json.dumps(answer))


def tokens(count: float, **columns: Any) -> Row:
    """A line of that many thousand input tokens of Claude Haiku, a cent per thousand."""
    return line(usd=count / 100, amount=count, **columns)


def called(thousands: int, **columns: Any) -> Row:
    return call(input_tokens=thousands * 1000, **columns)


OUTPUT, BATCH = "USE1-Claude4.5Haiku-output-tokens", "USE1-Claude4.5Haiku-input-tokens-batch"
WRITE, WRITE_1H = "USE1-Claude4.5Haiku-cache-write-tokens", "USE1-Claude4.5Haiku-cache-write-tokens-1h"
MANTLE = "USE1-anthropic.claude-haiku-4-5-mantle-input-tokens-standard"
UNITS = "USE1-Claude4.5Haiku-ProvisionedThroughput-NoCommit-ModelUnits"
KEPT = ("(untagged)", "untagged")
LOG = "log_split"
RUNS = "consumer_split"

# the bill; what the log and CloudWatch tell of the same day; who gets how many dollars by which rung
SPLITS = [
    pytest.param([tokens(1000)], [called(600, Workload="a"), called(400, Workload="b")],
                 {("a", LOG): "6", ("b", LOG): "4"}, id="by request metadata"),
    pytest.param([tokens(1000)], [called(600, work_load="a"), called(400, APP="b")],
                 {("a", LOG): "6", ("b", LOG): "4"}, id="in any spelling of [tags]"),
    pytest.param([tokens(1000)], [called(1000, workload="lower", Workload="exact", app="later")],
                 {("exact", LOG): "10"}, id="the exact spelling wins"),
    pytest.param([tokens(1000)], [called(250, principal=ROLE + "search-fn"), called(750, principal=ROLE + "mapped")],
                 {("search", LOG): "2.5", ("by-map", LOG): "7.5"}, id="else by who called"),
    pytest.param([tokens(1000)], [called(1000, Workload="a", principal=ROLE + "mapped")],
                 {("a", LOG): "10"}, id="metadata before who called"),
    pytest.param([tokens(1000)], [called(500, principal=ROLE + "shared", Workload="a"),
                                  called(300, principal=ROLE + "shared", Workload="b"),
                                  called(200, principal=ROLE + "shared")],
                 {("a", LOG): "5", ("b", LOG): "3", KEPT: "2"}, id="two workloads of one role"),
    pytest.param([tokens(1000)], [called(500, Workload="a"), called(500, Workload="  "), called(0, Workload="b")],
                 {("a", LOG): "5", KEPT: "5"}, id="an empty name is none; no tokens, no share"),
    pytest.param([tokens(1000)], [called(700, Workload="a")], {("a", LOG): "7", KEPT: "3"},
                 id="what the log does not have is nobody's"),
    pytest.param([tokens(1000)], [called(1500, Workload="a"), called(500, Workload="b")],
                 {("a", LOG): "7.5", ("b", LOG): "2.5"}, id="a log of more than is billed"),
    pytest.param([tokens(1000, account=MAPPED)], [called(400, account_id=MAPPED, Workload="a"),
                                                  called(100, account_id=MAPPED)],
                 {("a", LOG): "4", ("lab", "account"): "6"}, id="the rest falls to the account"),
    pytest.param([tokens(1000), tokens(100, usage_type=OUTPUT)],
                 [call(input_tokens=900_000, output_tokens=25_000, Workload="a"),
                  call(input_tokens=100_000, output_tokens=75_000, Workload="b")],
                 {("a", LOG): "9.25", ("b", LOG): "1.75"}, id="each kind by its own tokens"),
    pytest.param([tokens(100, usage_type=WRITE), tokens(300, usage_type=WRITE_1H)],
                 [call(cache_write_tokens=100_000, Workload="a"), call(cache_write_tokens=300_000, Workload="b")],
                 {("a", LOG): "1", ("b", LOG): "3"}, id="cache writes of any lifetime together"),
    pytest.param([tokens(1000), tokens(500, resource_tags={"Workload": "a"})],
                 [called(500, Workload="a"), called(1000, Workload="b")],
                 {("a", "resource_tag"): "5", ("b", LOG): "10"}, id="tagged lines are paid for already"),
    pytest.param([tokens(1000), tokens(500, resource_tags={"Workload": "a"})],
                 [called(800, Workload="a"), called(700, Workload="b")],
                 {("a", "resource_tag"): "5", ("a", LOG): "3", ("b", LOG): "7"}, id="only what they bill"),
    pytest.param([tokens(1000), tokens(500, resource=TAGGED)], [called(500, model_id=TAGGED, Workload="x"),
                                                                called(1000, Workload="b")],
                 {("by-profile", "inventory_tag"): "5", ("b", LOG): "10"}, id="calls of a profile are its line's"),
    pytest.param([tokens(1000)], [called(500, model_id=TAGGED), called(500, Workload="b")],
                 {("by-profile", LOG): "5", ("b", LOG): "5"}, id="a bill without resources: the profile's tags"),
    pytest.param([tokens(1000, resource=BARE), tokens(1000, resource=BY_ID)],
                 [called(1000, model_id=BARE, Workload="a"), called(1000, Workload="b")],
                 {("a", LOG): "10", ("b", LOG): "10"}, id="lines of a profile by its own calls"),
    pytest.param([tokens(300, principal=ROLE + "gateway"), tokens(700, principal=ROLE + "batcher")],
                 [called(100, principal=ROLE + "gateway", Workload="a"),
                  called(200, principal=ROLE + "gateway", Workload="b"),
                  called(700, principal=ROLE + "other", Workload="c")],
                 {("a", LOG): "1", ("b", LOG): "2", KEPT: "7"}, id="lines of a caller by his own calls"),
    pytest.param([tokens(1000)], [called(999, region="eu-west-1", Workload="a"),
                                  called(999, account_id=MAPPED, Workload="b"),
                                  called(999, model_id="anthropic.claude-opus-4-5-20251101-v1:0", Workload="c")],
                 {KEPT: "10"}, id="another region, account or model"),
    pytest.param([tokens(1000)], [called(500, Workload="a"), call(error="ThrottlingException", Workload="b")],
                 {("a", LOG): "5", KEPT: "5"}, id="a failed call takes nothing"),
    pytest.param([tokens(1000, usage_type=MANTLE), tokens(1000, usage_type=BATCH)], [called(2000, Workload="a")],
                 {KEPT: "20"}, id="mantle and batch are not logged"),
    pytest.param([tokens(1000), line(usd=-4, type="Credit", amount=0), line(usd=2, type="Tax", amount=0)],
                 [called(1000, Workload="a")], {("a", LOG): "10", KEPT: "-2"}, id="credits and tax stand apart"),
    pytest.param([line(usd=5, amount=0)], [called(100, Workload="a")], {("a", LOG): "5"}, id="dollars without tokens"),
    pytest.param([line(usd=5, unit="Furlongs")], [called(100, Workload="a")], {KEPT: "5"}, id="an unknown unit"),
    pytest.param([line(usd=5, amount=1e20)], [called(100, Workload="a")], {KEPT: "5"},
                 id="an absurd amount stays whole"),
    pytest.param([tokens(3)], [call(input_tokens=9 * 10**18, Workload="a"), call(input_tokens=9 * 10**18, Workload="b"),
                               call(input_tokens=-5, Workload="c")],
                 {("a", LOG): "0.015", ("b", LOG): "0.015"}, id="absurd counts"),
    pytest.param([line(usd=48, usage_type=UNITS, unit="hour", amount=24, resource=THROUGHPUT)],
                 [call(model_id=THROUGHPUT, input_tokens=700, output_tokens=20, cache_read_tokens=30, Workload="a"),
                  call(model_id=THROUGHPUT, output_tokens=250, Workload="b")],
                 {("a", LOG): "36", ("b", LOG): "12"}, id="a shared throughput by all its tokens"),
    pytest.param([line(usd=48, usage_type=UNITS, unit="hour", amount=24, resource=THROUGHPUT), tokens(1000)],
                 [called(500, Workload="a")], {("a", LOG): "5", KEPT: "53"}, id="an idle throughput is nobody's"),
    pytest.param([tokens(1000)], [called(1000, model_id=THROUGHPUT, Workload="a")], {KEPT: "10"},
                 id="calls of a throughput are not billed by token"),
    pytest.param([tokens(1000)], [runs("search", 30), runs("docs", 10)],
                 {("search", RUNS): "7.5", ("docs", RUNS): "2.5"}, id="functions by their runs"),
    pytest.param([tokens(1000)], [runs("family", 1), runs("exact", 1), runs("chat", 1), runs("either", 1)],
                 {("family", RUNS): "2.5", ("exact", RUNS): "2.5", ("chat", RUNS): "2.5", ("either", RUNS): "2.5"},
                 id="by family, model, tier or one of two"),
    pytest.param([tokens(1000)], [runs("sonnet", 9), runs("modelless", 9), runs("nameless", 9), runs("untold", 9),
                                  runs("search", 9, region="eu-west-1")],
                 {KEPT: "10"}, id="who is tagged for another model or none"),
    pytest.param([tokens(1000), tokens(1000, usage_type=OUTPUT)],
                 [call(input_tokens=400_000, Workload="a"), runs("search", 5)],
                 {("a", LOG): "4", KEPT: "6", ("search", RUNS): "10"}, id="only where the log has nothing"),
    pytest.param([tokens(1000, principal=ROLE + "shared")], [runs("chat", 1), runs("docs", 3), runs("search", 6)],
                 {("chat", RUNS): "2.5", ("docs", RUNS): "7.5"}, id="a shared role's line by what runs as it"),
    pytest.param([tokens(1000, principal=ROLE + "somebody")], [runs("search", 6)], {KEPT: "10"},
                 id="a caller that is no function"),
    pytest.param([tokens(1000)], [executions(MACHINE, 7)], {("pipeline", RUNS): "10"}, id="state machines"),
    pytest.param([tokens(1000)], [executions(MACHINE, 7), runs("search", 1), runs("docs", 0)], {("search", RUNS): "10"},
                 id="functions before state machines"),
    pytest.param([tokens(1000, usage_type=MANTLE), tokens(1000, usage_type=BATCH)], [runs("search", 6)],
                 {("search", RUNS): "20"}, id="lines that no log counts"),
]  # fmt: skip


def moved(row: Row, day: date) -> Row:
    """A line, call or datapoint, on another day."""
    if "hour" in row:
        return row | {"hour": f"{day} {row['hour'][11:]}"}
    return row | {
        "line_item_usage_start_date": f"{day} {row['line_item_usage_start_date'][11:]}",
        "bill_billing_period_start_date": f"{day:%Y-%m}-01 00:00:00",
    }


@pytest.fixture(scope="module")
def splits(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[str, date]]:
    """Every case of SPLITS in one ledger, each on a day of its own."""
    home = Home(tmp_path_factory.mktemp("splits") / "home")
    home.configure(CONFIGURATION, sources=SOURCE)
    inventory(home.path / "inventory")
    days = {str(case.id): date(2026, 9, 1) + timedelta(days=n) for n, case in enumerate(SPLITS)}
    bill = [moved(row, days[str(case.id)]) for case in SPLITS for row in case.values[0]]
    told = [moved(row, days[str(case.id)]) for case in SPLITS for row in case.values[1]]
    cur2(home.exports, bill)
    sync(home, told)
    return home, days


@pytest.mark.parametrize(("bill", "told", "expected"), SPLITS)
def test_splits(
    splits: tuple[Home, dict[str, date]], request: pytest.FixtureRequest, bill: Any, told: Any, expected: Any
) -> None:
    home, days = splits
    found = home.ask(
        "select workload, attribution, sum(gross_usd) from attributed "
        f"where day = '{days[request.node.callspec.id]}' group by all"
    )
    assert {(name, rung): usd for name, rung, usd in found} == {k: Decimal(v) for k, v in expected.items()}
    assert home.ask(f"select sum(lines) from attributed where day = '{days[request.node.callspec.id]}'") == [
        (len(bill),)
    ]


def test_an_hour_that_is_streamed_and_collected_counts_once(home: Home) -> None:
    """Both know 11 o'clock; ten runs of each function."""
    stream = '[[sources]]\nkind = "metric_stream"\npath = "stream"\n'
    home.configure(CONFIGURATION + stream, sources=SOURCE)
    inventory(home.path / "inventory")
    cur2(home.exports, [tokens(1000)])
    streamed = [
        {
            "account_id": ACCOUNT, "region": "us-east-1", "namespace": "AWS/Lambda", "metric_name": "Invocations",
            "dimensions": {"FunctionName": "search"}, "value": {"sum": times, "count": times},
            "timestamp": int(datetime(2026, 10, 5, hour, tzinfo=UTC).timestamp() * 1000),
        }
        for hour, times in ((11, 5.0), (12, 2.0))
    ]  # fmt: skip
    file = home.path / "stream/2026/10/05/12/a"
    file.parent.mkdir(parents=True)
    file.write_text("\n".join(map(json.dumps, streamed)))
    collected = [
        runs("search", 3),
        runs("search", 5, at="2026-10-05 11:00"),
        runs("docs", 10, at="2026-10-05 11:00"),
    ]
    sync(home, collected)
    assert home.ask("select workload, weight from splits_daily order by 1") == [("docs", 10), ("search", 10)]
    requests = "select resource, hour(hour), requests from requests_hourly order by all"
    assert home.ask(requests) == [("docs", 11, 10), ("search", 10, 3), ("search", 11, 5), ("search", 12, 2)]
