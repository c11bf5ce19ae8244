"""From the hour of a spike to its bill: told once, on the estimate, and confirmed or corrected in its thread."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from bill import Row, cur2
from home import SOURCE, Home
from test_estimate import CONFIGURATION, calls, used

from finops import config, pipeline
from finops.messages.standing import billed
from finops.state.store import FILE, State

THEN = datetime(2026, 11, 19, 18, tzinfo=UTC)  # in the evening of the spike; the bill has the day before
LATER = datetime(2026, 11, 21, 9, tzinfo=UTC)
MILLION = 1_000_000


def bill(*more: Row) -> list[Row]:
    """$20 a day, ten million tokens."""
    return [*(used(day, "input-tokens", 10_000, "20") for day in range(1, 19)), *more]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Ten million tokens a day, and two hundred by the evening of the 19th."""
    made = Home(tmp_path / "home")
    made.configure(CONFIGURATION, sources=SOURCE)
    cur2(made.exports, bill())
    points = [calls(day, "ours", InputTokenCount=10 * MILLION) for day in range(1, 19)]
    points += [calls(19, "ours", hour=hour, InputTokenCount=20 * MILLION) for hour in range(8, 18)]
    stream = made.path / "stream/points.json"
    stream.parent.mkdir()
    stream.write_text("\n".join(points))
    return made


def check(home: Home, now: datetime) -> dict[str, str]:
    """Rule about spend -> what was told of it."""
    home.sync(now)
    ran = pipeline.check(home.path, config.read(home.path, {}), now)
    told = {notice.incident.rule: notice.reason for notice in ran.decision.notices}
    return {rule: reason for rule, reason in told.items() if rule.startswith("spend_")}


@pytest.mark.parametrize(
    ("usd", "told", "said"),
    [
        pytest.param("390", "confirmed", "billed $410.00 through 2026-11-19, estimated $420.00: 2.4% too high",
                     id="right"),
        pytest.param("600", "confirmed", "billed $620.00 through 2026-11-19, estimated $420.00: 32.3% too low",
                     id="dearer"),
        pytest.param("30", "corrected", "billed $50.00 through 2026-11-19, estimated $420.00: 740.0% too high",
                     id="wrong: no rule on the bill finds it"),
    ],
)  # fmt: skip
def test_the_bill_has_the_last_word(
    usd: str, told: str, said: str, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(home, THEN) == {"spend_spike_now": "opened"}
    cur2(home.exports, bill(used(19, "input-tokens", 200_000, usd), used(20, "input-tokens", 10_000, "20")))
    second = check(home, LATER)
    assert second["spend_spike_now"] == told
    assert not {"spend_spike", "spend_anomaly"} & second.keys(), "no second page"
    with State(home.path / FILE) as state:
        (incident,) = [one for one in state.incidents() if one.rule == "spend_spike_now"]
    assert billed(incident) == said
    assert incident.state == ("resolved" if told == "corrected" else "open")
    assert f"B{said[1:]}" in capsys.readouterr().out
