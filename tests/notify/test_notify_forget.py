"""What was delivered long ago is forgotten, but for what a later message or a later question still needs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from recorder import DAY, NOW, channels, finding, note, recorder

from finops.incidents.machine import Policy, decide
from finops.model import Decision, Message, Notice
from finops.notify.send import send_pending
from finops.state.store import State

LATER = NOW + timedelta(days=100)
BEFORE = LATER - timedelta(days=90)


def told(key: str = "k", resolved_days: int | None = None) -> tuple[Message, Decision]:
    """About an incident that is resolved so many days after NOW, or is open."""
    (incident,) = decide([], [finding()], {}, NOW, Policy()).incidents
    if resolved_days is not None:
        over = {"state": "resolved", "resolved_at": NOW + timedelta(days=resolved_days)}
        incident = incident.model_copy(update=over)
    notice = Notice(reason="opened", incident=incident)
    return Message(key=key, notices=(notice,), headline="h"), Decision(incidents=(incident,))


def digest(key: str) -> tuple[Message, Decision]:
    return Message(key=key, notices=(), headline="h"), Decision()


@pytest.mark.parametrize(
    ("given", "status", "elsewhere", "latest", "forgotten"),
    [
        pytest.param(told(resolved_days=5), "sent", "", False, True, id="over for long"),
        pytest.param(told(resolved_days=95), "sent", "", False, False, id="over since a few days"),
        pytest.param(told(), "sent", "", False, False, id="open: later news goes into its thread"),
        pytest.param(told(resolved_days=5), "sent", "pending", False, False, id="waits for another channel"),
        pytest.param(told(resolved_days=5), "sent", "sent", False, True, id="told elsewhere, too"),
        pytest.param(told(resolved_days=5), "pending", "", False, False, id="waits itself"),
        pytest.param(told(resolved_days=5), "dead", "", False, True, id="refused; others were taken since"),
        pytest.param(told(resolved_days=5), "dead", "", True, False, id="refused, and nothing was taken since"),
        pytest.param(told(resolved_days=5), "sent", "", True, False, id="the latest that the channel took"),
        pytest.param(digest("digest-daily-2026-11-18"), "sent", "", False, True, id="a digest of a morning"),
        pytest.param(digest("digest-daily-of-2026-11-01"), "sent", "", False, False, id="of a day asked for"),
    ],
)  # fmt: skip
def test_what_is_forgotten(
    given: tuple[Message, Decision], status: str, elsewhere: str, latest: bool, forgotten: bool, state: State
) -> None:
    message, decision = given
    places = {"slack": status, **({"mail": elsewhere} if elsewhere else {})}
    state.record(decision, [(name, message) for name in places], NOW)
    for name, became in places.items():
        if became == "sent":
            state.sent(message.key, name, "ref", NOW)
        if became == "dead":
            state.failed(message.key, name, "no", NOW, None)
    if not latest:
        for name in places:
            state.record(Decision(), [(name, Message(key="z", notices=(), headline="h"))], NOW)
            state.sent("z", name, "ref", NOW + timedelta(days=1))
    undelivered = state.undelivered()
    state.forget(BEFORE)
    assert state.known(message.key, "slack") is not forgotten
    assert state.undelivered() == undelivered, "what failed and is over stays over"
    assert state.forget(BEFORE) == 0


def test_what_is_forgotten_is_not_sent_again(state: State) -> None:
    slack = recorder()
    to = channels(slack=slack)
    for days in range(4):  # found, then quiet until it is over
        found = (finding(),) if days == 0 else ()
        note(state, to, *found, now=NOW + timedelta(days=days))
        send_pending(state, to, NOW + timedelta(days=days))
    before = slack.headlines
    assert [one.state for one in state.incidents()] == ["resolved"]
    note(state, to, finding("b", day=DAY + timedelta(days=99)), now=LATER)
    send_pending(state, to, LATER)
    assert state.forget(BEFORE) == len(before)
    note(state, to, now=LATER)
    assert send_pending(state, to, LATER) == []
    assert slack.headlines == [*before, "[PAGE] b jumped ($100.00)"]
