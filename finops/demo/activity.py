"""What happened, hour by hour, before anybody billed or counted it: the one truth behind bill and metrics."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import duckdb

from finops import sqlfile
from finops.demo.company import FLOWS, STORIES
from finops.demo.flow import Effect, Flow, Rhythm, Story, Tokens

_HOUR = 3600
_WEEKEND: dict[Rhythm, float] = {"customers": 0.85, "office": 0.45, "nightly": 1.0, "steady": 1.0}


class Measured(NamedTuple):
    """`samples` is the number of calls behind `quantity`; `hour` is a UTC instant in epoch seconds."""

    flow: int
    hour: int
    measure: str
    quantity: int
    samples: int


def fill(con: duckdb.DuckDBPyConnection, today: date, seed: int, days: int) -> None:
    """Create the table `activity` of the `days` days before `today`, and of today."""
    con.execute(sqlfile.read("demo", "new_activity").sql)
    flows = enumerate(FLOWS)
    insert(con, [row for number, flow in flows for row in _measure(number, flow, today, seed, days)])


def insert(con: duckdb.DuckDBPyConnection, rows: Sequence[Measured]) -> None:
    if rows:
        columns = (json.dumps(column) for column in zip(*rows, strict=True))
        con.execute(sqlfile.read("demo", "activity").sql, dict(zip(Measured._fields, columns, strict=True)))


def _measure(number: int, flow: Flow, today: date, seed: int, days: int) -> Iterator[Measured]:
    noise = random.Random(f"{seed}/{flow.key}")
    shares = _hourly_shares(flow.workload.rhythm)
    last_age = 0 if flow.last_age == 1 else flow.last_age  # what was alive yesterday is alive today
    for age in range(min(days, flow.first_age), last_age - 1, -1):
        day = today - timedelta(days=age)
        midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        calls_of_day = _calls_of_day(flow, day, age) * noise.gauss(1, 0.03)
        for hour, share in enumerate(shares):
            usual = calls_of_day * share * noise.gauss(1, 0.05)
            calls, tokens = _disturbed(flow, age, hour, usual)
            amounts = _amounts(flow, round(usual), round(calls), tokens, noise.gauss(1, 0.02))
            for measure, quantity in amounts.items():
                if quantity > 0:
                    samples = quantity if measure == "unit" else round(calls)
                    yield Measured(number, midnight + hour * _HOUR, measure, quantity, samples)


def _amounts(flow: Flow, usual: int, calls: int, tokens: Tokens, length: float) -> dict[str, int]:
    """Each measure's amount in one hour; a business unit is counted from the undisturbed calls."""
    return {
        "calls": calls,
        "input": round(calls * tokens.input * length),
        "output": round(calls * tokens.output * length),
        "cache_read": round(calls * tokens.read * length),
        "cache_write_5m": round(calls * tokens.written * length),
        "search": calls if "search" in flow.model.usd else 0,
        "model_unit": 1 if "model_unit" in flow.model.usd else 0,  # billed whether it is used or not
        "unit": usual // flow.unit.calls if flow.unit else 0,
    }


def _hourly_shares(rhythm: Rhythm) -> list[float]:
    """The share of a day's calls that falls into each UTC hour."""
    weights = {
        "customers": [1.0 - 0.75 * math.cos((hour - 3) / 24 * math.tau) for hour in range(24)],
        "office": [1.0 if 7 <= hour < 18 else 0.04 for hour in range(24)],
        "nightly": [1.0 if 1 <= hour < 6 else 0.0 for hour in range(24)],
        "steady": [1.0] * 24,
    }[rhythm]
    return [weight / sum(weights) for weight in weights]


def _calls_of_day(flow: Flow, day: date, age: int) -> float:
    weekend = _WEEKEND[flow.workload.rhythm] if day.weekday() >= 5 else 1.0
    return flow.calls * weekend * (1 + flow.growth) ** (1 - age)


def _disturbed(flow: Flow, age: int, hour: int, calls: float) -> tuple[float, Tokens]:
    tokens = flow.tokens
    for story, effect in _effects(flow, age, hour):
        calls *= _ramp(story, effect, age)
        tokens = effect.tokens or tokens
    return calls, tokens


def _effects(flow: Flow, age: int, hour: int) -> Iterator[tuple[Story, Effect]]:
    for story in STORIES:
        told_of = (story.workload, story.environment) == (flow.workload.name, flow.environment)
        goes_on = age == 0 and story.last_age == 1 < story.first_age
        if told_of and (goes_on or story.last_age <= age <= story.first_age):
            for effect in story.effects:
                if hour in effect.hours and effect.model in (None, flow.model):
                    yield story, effect


def _ramp(story: Story, effect: Effect, age: int) -> float:
    first, last = effect.calls
    length = story.first_age - story.last_age
    gone = story.first_age - max(age, story.last_age)
    return first if length == 0 else first + (last - first) * gone / length
