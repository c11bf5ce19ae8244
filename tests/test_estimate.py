"""The estimate: tokens at rates that were known on their day, and how good that has been."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bill import ACCOUNT, Row, cur2, line
from home import SOURCE, Home

from finops import pipeline
from finops.explain.billed import billed
from finops.incidents.machine import Policy, decide
from finops.model import Finding

OTHER = "444455556666"
ARN = "arn:aws:bedrock:us-east-1:{}:application-inference-profile/{}"
CONFIGURATION = """
[[sources]]
kind = "metric_stream"
path = "stream"

[[sources]]
kind = "prices"
"""
IDS = {"Nova Pro": "amazon.nova-pro-v1:0", "Nova Lite": "amazon.nova-lite-v1:0"}
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def used(day: int, kind: str, thousands: float, usd: str, *, profile: str | None = "ours", model: str = "NovaPro",
         workload: str = "search", account: str = ACCOUNT, **more: Any) -> Row:  # fmt: skip
    """Lines of November; 1,000 tokens a unit."""
    return line(f"2026-11-{day:02} 10:00", usd, amount=thousands, usage_type=f"USE1-{model}-{kind}", account=account,
                resource=ARN.format(account, profile) if profile else None,
                resource_tags={"Workload": workload}, **more)  # fmt: skip


def calls(day: int, resource: str, *, account: str = ACCOUNT, hour: int = 10, **counts: int) -> str:
    at = int(datetime(2026, 11, day, hour, tzinfo=UTC).timestamp() * 1000)
    return "\n".join(
        json.dumps({
            "metric_stream_name": "s", "account_id": account, "region": "us-east-1", "namespace": "AWS/Bedrock",
            "metric_name": metric, "dimensions": {"ModelId": resource}, "timestamp": at,
            "value": {"sum": amount, "count": 1, "min": 0, "max": amount}, "unit": "Count",
        })
        for metric, amount in counts.items()
    )  # fmt: skip


def home(path: Path, bill: list[Row], points: list[str], now: datetime = NOW) -> Home:
    made = Home(path / "home")
    made.configure(CONFIGURATION, sources=SOURCE)
    cur2(made.exports, bill)
    stream = made.path / "stream/points.json"
    stream.parent.mkdir()
    stream.write_text("\n".join(points))
    made.sync(now)
    return made


BILL = [
    used(5, "input-tokens", 1000, "2"),  # $2 a million
    used(5, "output-tokens", 1000, "8"),
    used(6, "input-tokens", 1000, "4", profile="theirs", workload="chat"),
    used(18, "input-tokens", 1000, "1000"),  # the day before is not known in time
]


@pytest.mark.parametrize(
    ("points", "usd", "source"),
    [
        pytest.param(calls(19, "ours", InputTokenCount=1_000_000), "2", "resource", id="the resource's own rate"),
        pytest.param(
            calls(19, "ours", InputTokenCount=500_000, OutputTokenCount=250_000), "3", "resource", id="every kind"
        ),
        pytest.param(
            calls(19, IDS["Nova Pro"], InputTokenCount=1_000_000), "3", "account", id="the model's in this account"
        ),
        pytest.param(
            calls(19, IDS["Nova Pro"], account=OTHER, InputTokenCount=1_000_000), "3", "model", id="the model's"
        ),
        pytest.param(
            calls(19, IDS["Nova Lite"], InputTokenCount=1_000_000), "0.06", "book", id="never billed: the price book"
        ),
        pytest.param(calls(19, "zzzz", InputTokenCount=1_000_000), "0", "none", id="a model that nobody knows"),
        pytest.param(calls(19, "ours", Invocations=5), "0", "none", id="requests without tokens"),
    ],
)  # fmt: skip
def test_a_rate_is_the_most_specific_one_known(tmp_path: Path, points: str, usd: str, source: str) -> None:
    made = home(tmp_path, BILL, [points])
    assert made.ask("select estimated_usd, rate_source from priced_hourly") == [(Decimal(usd), source)]


def test_tokens_without_a_rate_are_shown_as_such(tmp_path: Path) -> None:
    made = home(tmp_path, BILL, [calls(19, "zzzz", InputTokenCount=7)])
    told = made.ask("select workload, tokens, unpriced_tokens, estimated_usd, basis from estimate_hourly")
    assert told == [("(shared)", 7, 7, Decimal(0), "estimated")]


def test_a_resource_of_several_workloads_has_none(tmp_path: Path) -> None:
    bill = [*BILL, used(18, "input-tokens", 1, "0.002", workload="chat")]
    made = home(tmp_path, bill, [calls(19, "ours", InputTokenCount=1_000)])
    assert made.ask("select distinct workload from estimate_hourly") == [("(shared)",)]


def test_billed_days_are_not_estimated_again(tmp_path: Path) -> None:
    points = [calls(day, "ours", InputTokenCount=1_000_000) for day in (17, 18, 19, 20)]
    made = home(tmp_path, [*BILL, used(18, "input-tokens", 1, "0.002")], points)
    through = made.ask("select complete_through from freshness where kind = 'cur'")[0][0]
    days = {day for (day,) in made.ask("select distinct day from estimate_hourly")}
    assert days == {
        datetime(2026, 11, d).date() for d in (17, 18, 19, 20) if datetime(2026, 11, d).date() > through
    }


def test_units_paid_by_the_hour_cost_no_token(tmp_path: Path) -> None:
    made = home(tmp_path, BILL, [calls(19, "ours", InputTokenCount=1), calls(19, "pt1", InputTokenCount=1)])
    made.configure(CONFIGURATION + '[[sources]]\nkind = "inventory"\npath = "inventory"\n')
    unit = {
        "provisionedModelArn": f"arn:aws:bedrock:us-east-1:{ACCOUNT}:provisioned-model/pt1", "modelUnits": 1,
        "provisionedModelName": "units", "status": "InService", "creationTime": "2026-10-01T00:00:00Z",
        "foundationModelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{IDS['Nova Pro']}",
    }  # fmt: skip
    (made.path / "inventory").mkdir()
    (made.path / "inventory/units.json").write_text(json.dumps({"provisionedModelSummaries": [unit]}))
    made.sync(NOW)
    assert made.ask("select resource from priced_hourly") == [("ours",)]


@pytest.mark.parametrize(
    ("billed", "error"),
    [
        pytest.param("2", 0.0, id="right"),
        pytest.param("4", -0.5, id="half of it: the price doubled"),
        pytest.param("1", 1.0, id="twice: the price halved"),
    ],
)
def test_the_error_is_against_the_settled_bill(tmp_path: Path, billed: str, error: float) -> None:
    bill = [
        used(5, "input-tokens", 1000, "2"),
        used(10, "input-tokens", 1000, billed),
        used(19, "input-tokens", 1, "1"),
    ]
    made = home(tmp_path, bill, [calls(10, "ours", InputTokenCount=1_000_000)])
    (told,) = made.ask(
        "select day::varchar, model, estimated_usd, billed_usd, error from estimate_error_daily"
    )
    assert told == ("2026-11-10", "Nova Pro", Decimal(2), Decimal(billed), error)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param((10, "search"), ("2026-11-10", "2.00", "2.00"), id="right"),
        pytest.param(
            (11, "search"), ("2026-11-11", "6.00", "4.00"), id="with the day before: the price doubled"
        ),
        pytest.param((12, "chat"), ("2026-11-12", "0.00", "3.00"), id="the bill has nothing of it"),
        pytest.param((20, "search"), None, id="the bill is not there yet"),
        pytest.param((10, "nobody"), None, id="nothing was estimated"),
    ],
)
def test_what_the_bill_says_of_an_estimate(
    tmp_path: Path, told: tuple[int, str], expected: tuple[str, str, str] | None
) -> None:
    bill = [
        used(5, "input-tokens", 1000, "2"),
        used(5, "input-tokens", 1000, "3", profile="theirs", workload="chat"),
        used(10, "input-tokens", 1000, "2"),
        used(11, "input-tokens", 1000, "4"),
        used(19, "input-tokens", 1, "1"),
    ]
    points = [calls(day, "ours", InputTokenCount=1_000_000) for day in (10, 11, 20)]
    made = home(tmp_path, bill, [*points, calls(12, "theirs", InputTokenCount=1_000_000)])
    at = datetime(2026, 11, told[0], 12, tzinfo=UTC)
    found = Finding(
        rule="spend_spike_now", title="t", severity="page", subject=told[1], day=at.date(), usd=Decimal(9),
        summary="s", workload=told[1],
    )  # fmt: skip
    (incident,) = decide([], [found], {}, at, Policy()).incidents
    with pipeline.published(made.path) as con:
        said = billed(con, [incident], NOW, Policy().cooldown)
    told_of = [(str(one.through), str(one.usd), str(one.estimated_usd)) for one in said.values()]
    assert told_of == ([expected] if expected else [])
