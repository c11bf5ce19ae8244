"""What CloudWatch is asked again, and what it is not: answers that vanish, series that it never knows."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fake_bedrock import Bedrock
from fake_bedrock import serving as serving_bedrock
from fake_cloudwatch import CloudWatch, Place, serving
from home import Home

from finops import config
from finops.aws import Aws
from finops.doctor import machine
from finops.ledger import Ledger
from finops.sources import Reading

NOW = datetime(2026, 11, 20, 9, 20, tzinfo=UTC)
NOON, EARLY, NEXT = datetime(2026, 11, 19, 12), datetime(2026, 11, 20, 3), datetime(2026, 11, 21, 3)
DAY = timedelta(days=1)
HERE: Place = ("123456789012", "us-east-1")
SUMS = "select hour, sum from datapoints order by hour"


@pytest.fixture
def bedrock(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bedrock]:
    with serving_bedrock(Bedrock()) as bedrock:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK", bedrock.url)
        yield bedrock


@pytest.fixture
def cloudwatch(bedrock: Bedrock, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudWatch]:
    """A call yesterday, one today and one tomorrow."""
    with serving(CloudWatch(NOW)) as cloudwatch:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", cloudwatch.url)
        cloudwatch.put(HERE, "Invocations", {NOON: 1, EARLY: 10, NEXT: 100}, ModelId="m")
        yield cloudwatch


@pytest.fixture
def home(home: Home) -> Home:
    home.configure(
        f'[aws]\nregions = ["{HERE[1]}"]\n', sources='[[sources]]\nkind = "cloudwatch"\nbackfill_days = 2\n'
    )
    return home


def empty_the_cache(home: Home, now: datetime) -> None:
    shutil.rmtree(home.path / "cache")


def look_at_it(home: Home, now: datetime) -> None:
    """As `finops doctor` does, which waits for no lock."""
    settings = config.read(home.path, {})
    held = Ledger(home.path).record().stored
    reading = Reading(home=home.path, now=now, aws=Aws(settings.aws), held=held)
    assert [line.status for line in machine.sources(settings, reading)] == ["ok"]


@pytest.mark.parametrize(
    "when",
    [
        pytest.param("cloudwatch: asked for", id="before the first day is read"),
        pytest.param("reading cloudwatch 2026-11-21", id="between two days"),
    ],
)
@pytest.mark.parametrize(
    ("what", "lost"),
    [
        pytest.param(empty_the_cache, True, id="its cache is emptied"),
        pytest.param(look_at_it, False, id="doctor looks"),
    ],
)
def test_meanwhile(
    home: Home, cloudwatch: CloudWatch, what: Callable[[Home, datetime], None], lost: bool, when: str
) -> None:
    """A day whose answers are gone keeps its rows and is asked again; it is not a day without calls."""
    home.sync(NOW)
    cloudwatch.now = NOW + DAY
    done = home.sync(
        cloudwatch.now, say=lambda said: what(home, cloudwatch.now) if said.startswith(when) else None
    )
    every = [(NOON, 1.0), (EARLY, 10.0), (NEXT, 100.0)]
    assert home.ask(SUMS) == (every[:2] if lost else every)
    assert [words.rpartition("; ")[2] for words in done.unreachable.values()] == (
        ["leave cache/ alone while a sync runs, and run finops sync again"] if lost else []
    )
    assert bool(home.sync(cloudwatch.now).read) == lost
    assert home.ask(SUMS) == every


def read(home: Home, cloudwatch: CloudWatch, now: datetime) -> list[str]:
    """The days that a sync asks for."""
    cloudwatch.now = now
    return [origin.removeprefix("CloudWatch on 2026-11-") for origin in home.sync(now).read]


def test_a_series_that_is_never_known_is_asked_for_three_days(home: Home, cloudwatch: CloudWatch) -> None:
    """From when its day was over; what is unknown then stays so, and is told."""
    cloudwatch.spoil(HERE, "Invocations", "InternalError")
    assert [read(home, cloudwatch, NOW + n * DAY) for n in range(6)] == [
        ["18", "19", "20"],
        ["18", "19", "20", "21"],
        ["18", "19", "20", "21", "22"],
        ["18", "19", "20", "21", "22", "23"],
        ["20", "21", "22", "23", "24"],
        ["21", "22", "23", "24", "25"],
    ]
    cloudwatch.heal()
    assert read(home, cloudwatch, NOW + 5 * DAY) == ["21", "22", "23", "24", "25"]
    assert home.ask(
        "select partition, detail from deliveries join collections using (delivery_id) "
        "where status = 'partial' order by 1"
    ) == [(f"2026-11-{day}", "1 series unknown: InternalError") for day in (18, 19, 20)]
    assert home.ask(SUMS) == [(NEXT, 100.0)]
    assert read(home, cloudwatch, NOW + 5 * DAY) == []


def test_a_day_that_was_open_when_last_asked_is_asked_to_its_end(home: Home, cloudwatch: CloudWatch) -> None:
    """A series of this morning is unknown, then nobody syncs for ten days."""
    evening = datetime(2026, 11, 20, 20)
    cloudwatch.put(HERE, "Invocations", {evening: 1000}, ModelId="m")
    cloudwatch.spoil(HERE, "Invocations", "InternalError")
    home.sync(NOW)
    cloudwatch.heal()
    assert read(home, cloudwatch, NOW + 10 * DAY)[:3] == ["20", "21", "22"]
    assert home.ask(SUMS) == [(EARLY, 10.0), (evening, 1000.0), (NEXT, 100.0)]
