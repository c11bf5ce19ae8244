"""CloudWatch collected beside a bill and a stream: a day is watched once all of it is known, an hour counts once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

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
