"""The outbox before a Slack that limits, fails and hangs up: nothing is lost, and nobody is hurried."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from scripted_server import Scripted

from finops.channels import Channel, Slack
from finops.incidents.machine import Policy
from finops.model import Finding
from finops.notify.record import record
from finops.notify.send import send_pending
from finops.state.store import FILE, State

NOW = datetime(2026, 11, 18, 6, tzinfo=UTC)
DAY = date(2026, 11, 17)
POSTED = (200, {}, {"ok": True, "ts": "17.1", "channel": "C1"})
HUNG_UP = (0, {}, "")
LIMITED = (429, {"Retry-After": "3600"}, "")


@pytest.fixture(autouse=True)
def quiet_sdk() -> Iterator[None]:
    """The SDK logs what it then raises."""
    logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("slack_sdk").setLevel(logging.NOTSET)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / FILE) as opened:
        yield opened


def note(state: State, to: dict[str, Channel], *subjects: str, days: int = 0) -> None:
    found = [
        Finding(
            rule="spend_spike", title="Spend jumped", severity="page", subject=subject, day=DAY + timedelta(days=days),
            usd=Decimal(100 - number), summary=f"{subject} jumped", workload=subject,
        )
        for number, subject in enumerate(subjects)
    ]  # fmt: skip
    now = NOW + timedelta(days=days)
    record(state, found, {"spend_spike": now.date() - timedelta(days=1)}, now, Policy(), to)


@pytest.mark.parametrize(
    ("answers", "minutes", "posted"),
    [
        pytest.param([POSTED], [0], [2], id="taken"),
        pytest.param(
            [HUNG_UP, POSTED], [0, 0.5, 1], [1, 1, 3], id="hung up: left alone for a minute, with both"
        ),
        pytest.param([LIMITED, POSTED], [0, 59, 60], [1, 1, 3], id="an hour is asked for, and given"),
        pytest.param(
            [HUNG_UP, HUNG_UP, HUNG_UP, POSTED],
            [0, 1, 2, 3, 6, 7],
            [1, 2, 2, 3, 3, 5],
            id="longer and longer pauses, whichever message was tried",
        ),
        pytest.param([(503, {}, "")] * 3 + [POSTED], [0, 1], [3, 5], id="thrice at once, then later"),
    ],
)
def test_requests(
    answers: list[Any], minutes: list[float], posted: list[int], server: Scripted, state: State
) -> None:
    """Two messages; how many requests Slack has had after each run."""
    server.will(*answers)
    to: dict[str, Channel] = {
        "slack": Slack(token=SecretStr("xoxb-1"), channel="C1", api_url=server.url, pace_seconds=0)
    }
    note(state, to, "a", "b")
    counts = []
    for minute in minutes:
        send_pending(state, to, NOW + timedelta(minutes=minute))
        counts.append(len(server.requests))
    assert counts == posted
    texts = [json.loads(body)["text"] for _, _, body in server.requests]
    assert {text for text in texts if "a jumped" in text or "b jumped" in text} == set(texts)
    assert state.pending("slack", NOW + timedelta(days=9)) == ()


def test_a_slack_that_is_down_for_days_is_caught_up_in_one_message(server: Scripted, state: State) -> None:
    slack = Slack(token=SecretStr("xoxb-1"), channel="C1", api_url=server.url, pace_seconds=0)
    to: dict[str, Channel] = {"slack": slack}
    note(state, to, "a", "b", "c")
    server.will(HUNG_UP)
    for hours in (0, 6, 12, 18, 24, 30):
        send_pending(state, to, NOW + timedelta(hours=hours))
    down = len(server.requests)
    assert down == 6, "one attempt a run, not one a message"
    server.will(POSTED)
    send_pending(state, to, NOW + timedelta(hours=36))
    (caught_up,) = [json.loads(body) for _, _, body in server.requests[down:]]
    assert caught_up["text"] == "Not taken here since 2026-11-18 06:00Z: 3 incidents: 3 page"


def test_after_a_move_later_news_begins_a_thread_where_the_channel_is_now(
    server: Scripted, state: State
) -> None:
    server.will(*((200, {}, {"ok": True, "ts": f"{n}.1", "channel": "C"}) for n in (1, 2, 3, 4)))
    for days, place in enumerate(("#a", "#b", "#b", "#a")):
        slack = Slack(token=SecretStr("xoxb-1"), channel=place, api_url=server.url, pace_seconds=0)
        note(state, {"slack": slack}, "a", days=days)
        send_pending(state, {"slack": slack}, NOW + timedelta(days=days))
    posted = [json.loads(body) for path, _, body in server.requests if path == "/chat.postMessage"]
    assert [(one["channel"], one.get("thread_ts")) for one in posted] == [
        ("#a", None), ("#b", None), ("#b", "2.1"), ("#a", "1.1"),
    ]  # fmt: skip
    assert len(state.roots("slack", NOW)) == 2, "each is drawn anew"
