"""CloudWatch collected beside a bill and a stream: a day is watched once all of it is known, an hour counts once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from bill import cur2, line
from fake_bedrock import Bedrock
from fake_bedrock import serving as serving_bedrock
from fake_cloudwatch import CloudWatch, Place, serving
from home import SOURCE, Home

NOW = datetime(2026, 11, 20, 1, 20, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 20)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OWN, EAST = "123456789012", "us-east-1"
HERE: Place = (OWN, EAST)
COLLECTED = '[[sources]]\nkind = "cloudwatch"\nbackfill_days = 1\n'
STREAMED = '[[sources]]\nkind = "metric_stream"\npath = "stream"\n'
AWS = f'[aws]\nregions = ["{EAST}"]\n'
UNITS = "USE1-NovaPro-ProvisionedThroughput-NoCommit-ModelUnits"


@pytest.fixture
def bedrock(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bedrock]:
    with serving_bedrock(Bedrock()) as bedrock:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK", bedrock.url)
        yield bedrock


@pytest.fixture
def cloudwatch(bedrock: Bedrock, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudWatch]:
    with serving(CloudWatch(NOW)) as cloudwatch:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", cloudwatch.url)
        yield cloudwatch


def streamed(home: Home, function: str, hours: dict[datetime, float]) -> None:
    """Invocations of a function, as Firehose writes them."""
    records: list[dict[str, Any]] = [
        {
            "account_id": OWN, "region": EAST, "namespace": "AWS/Lambda", "metric_name": "Invocations",
            "dimensions": {"FunctionName": function}, "timestamp": int(hour.replace(tzinfo=UTC).timestamp() * 1000),
            "value": {"sum": value, "count": 1.0},
        }
        for hour, value in hours.items()
    ]  # fmt: skip
    file = home.path / "stream" / f"2026/11/20/{function}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(map(json.dumps, records)))


def test_a_day_of_which_an_hour_is_answered_is_unknown_and_not_idle(
    home: Home, cloudwatch: CloudWatch, bedrock: Bedrock
) -> None:
    arn = bedrock.throughput(OWN, EAST, "abcdefghijkl", "amazon.nova-pro-v1:0")
    hours = [MIDNIGHT - DAY + n * HOUR for n in range(26)]
    units = {"amount": 1, "unit": "hour", "account": OWN, "resource": arn, "usage_type": UNITS}
    cur2(home.exports, [line(f"{hour:%Y-%m-%d %H:%M}", 20, **units) for hour in hours])
    home.configure(AWS, sources=SOURCE + COLLECTED)
    home.sync(NOW)
    daily = "select day, invocations, idle_hours, billed_hours from commitment_daily order by day"
    assert home.ask(daily) == [(date(2026, 11, 19), 0, 24, 24), (date(2026, 11, 20), None, None, 2)]
    cloudwatch.now = NOW + DAY
    home.sync(NOW + DAY)
    assert home.ask(daily)[1] == (date(2026, 11, 20), 0, 2, 2)


@pytest.mark.parametrize(
    ("setting", "asked"),
    [
        pytest.param("", set(), id="by nobody"),
        pytest.param('functions = ["f-1"]', {"f-1"}, id="by name"),
        pytest.param('functions = ["*"]', {"f-0", "f-1", "f-2"}, id="all"),
    ],
)
def test_streamed_functions_are_paid_for_where_somebody_asks_for_them(
    home: Home, cloudwatch: CloudWatch, setting: str, asked: set[str]
) -> None:
    """A first sync reaches back beyond what CloudWatch lists, and takes from the ledger whom to ask for."""
    for number in range(3):
        streamed(home, f"f-{number}", {MIDNIGHT: 1})
    home.configure(AWS, sources=STREAMED)
    home.sync(NOW)
    cloudwatch.now = NOW + 20 * DAY
    collected = f"{COLLECTED.replace('1', '14')}{setting}\n"
    home.configure(AWS, sources=STREAMED + collected)
    home.sync(NOW + 20 * DAY)
    assert {dimensions[0][1] for name, _, dimensions in cloudwatch.queried if name == "AWS/Lambda"} == asked
