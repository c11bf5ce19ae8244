"""A channel that fails is told as of the day on which it failed, whatever day of the bill was looked at."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from bill import cur2, line
from home import Home

from finops import config, pipeline
from finops.notify.outcome import Outcome, evaluated
from finops.notify.readers import FAILED
from finops.state.store import FILE, State

NOW = datetime(2026, 11, 18, 8, tzinfo=UTC)
SPIKE = date(2026, 11, 16)
TAGS = {"Workload": "search", "Environment": "prod"}
CONSOLE = '[[channels]]\nkind = "console"\nstream = "stderr"\nseverity = "page"\n'
DEAD = '[[channels]]\nkind = "webhook"\nname = "hook"\nurl = "http://127.0.0.1:9/"\n'


def failed(home: Home, now: datetime, day: date) -> list[tuple[date, str]]:
    """Day and state of what is on record about channels after a check of `day`."""
    pipeline.check(home.path, config.read(home.path, {}), now, day)
    with State(home.path / FILE) as state:
        known = [one for one in state.incidents() if one.rule == "channel_failed"]
    return [(one.finding.day, one.state) for one in known]


def test_it_fails_today_though_the_day_is_long_ago(home: Home) -> None:
    days = (date(2026, 11, 1) + timedelta(days=n) for n in range(17))
    usd = {SPIKE: 5000}
    cur2(
        home.exports,
        [
            line(f"{day} 23:00", usd.get(day, 10), amount=usd.get(day, 10) * 1000, resource_tags=TAGS)
            for day in days
        ],
    )
    home.sync(NOW)
    home.configure(CONSOLE)
    assert failed(home, NOW, SPIKE - timedelta(days=1)) == []
    home.configure(CONSOLE + DEAD)
    assert failed(home, NOW, SPIKE) == [(NOW.date(), "open")]
    home.configure(CONSOLE)
    later = [failed(home, NOW + timedelta(days=n), SPIKE) for n in range(1, 6)]
    assert later[-1] == [(NOW.date(), "resolved")], "a channel that is gone is nobody's trouble"


@pytest.mark.parametrize(
    ("tried", "broken", "seen"),
    [
        pytest.param([], [], True, id="none is broken"),
        pytest.param([], ["hook"], False, id="nothing was sent"),
        pytest.param(["console"], ["hook"], False, id="another was tried"),
        pytest.param(["hook"], ["hook"], True, id="it was tried"),
        pytest.param(["hook"], ["hook", "pager"], False, id="one of two was tried"),
    ],
)
def test_a_channel_works_again_only_when_it_was_tried(
    tried: list[str], broken: list[str], seen: bool
) -> None:
    outcomes = [Outcome(channel=name, key="k", headline="h") for name in tried]
    assert evaluated(outcomes, SPIKE, broken) == ({FAILED: SPIKE} if seen else {})
