"""A check looks at every day that nobody has looked at, once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bill import Row, cur2, line
from home import Home

from finops import config, pipeline

FIRST = date(2026, 9, 1)


def bill(days: int, spikes: dict[int, int]) -> list[Row]:
    """$100 in the last hour of each day of one workload, and what `spikes` says instead."""
    tags = {"user_workload": "search", "user_environment": "prod"}
    usd = [spikes.get(n, 100) for n in range(days)]
    return [
        line(f"{FIRST + timedelta(days=n)} 23:00", usd[n], amount=usd[n] * 1000, resource_tags=tags)
        for n in range(days)
    ]


def looked(home: Home, days: int) -> list[str]:
    """What is told on the morning after `days` days."""
    now = datetime(2026, 9, 1, 8, tzinfo=UTC) + timedelta(days=days)
    home.sync(now)
    ran = pipeline.check(home.path, config.read(home.path, {}), now)
    return [f"{n.incident.rule} {n.incident.finding.day} {n.reason}" for n in ran.decision.notices]


def test_a_spike_while_nobody_looked_is_told_once(home: Home) -> None:
    cur2(home.exports, bill(40, {}))
    assert looked(home, 40) == []
    cur2(home.exports, bill(50, {43: 5000}))
    assert looked(home, 50) == ["spend_spike 2026-10-14 opened"]
    assert looked(home, 50) == []


def test_the_first_check_does_not_dig_up_the_past(home: Home) -> None:
    cur2(home.exports, bill(50, {30: 5000}))
    assert looked(home, 50) == []
