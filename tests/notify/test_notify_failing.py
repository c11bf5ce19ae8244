"""A channel that fails: who is told instead, and when it is asked again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from recorder import DAY, NOW, channels, finding, note, recorder

from finops.notify.outcome import Outcome, delivered, failures
from finops.notify.send import send_pending
from finops.state.store import State


def test_a_busy_channel_keeps_its_messages_and_the_others_get_theirs(state: State) -> None:
    busy, fine = recorder("busy"), recorder()
    to = channels(busy=busy, fine=fine)
    note(state, to, finding("a"), finding("b", usd=50))
    outcomes = send_pending(state, to, NOW)
    assert len(fine.received) == 2
    (failed,) = [outcome for outcome in outcomes if outcome.error]
    assert (failed.channel, failed.error, failed.instead) == ("busy", "busy", "fine")
    assert failed.retry_at == NOW + timedelta(hours=2), "what the other side asked for"
    assert not state.waiting(NOW + timedelta(hours=1))
    assert send_pending(state, to, NOW + timedelta(hours=1)) == [], (
        "nor is it asked to take what waits behind"
    )
    assert busy.headlines == []
    send_pending(state, to, NOW + timedelta(hours=2))
    assert busy.headlines == ["[PAGE] b jumped ($50.00)", "[PAGE] a jumped ($100.00)"]


@pytest.mark.parametrize("mood", ["refuses", "broken"])
def test_what_a_channel_will_never_take_is_told_by_the_fallback(mood: str, state: State) -> None:
    first, pager = recorder(severity="page"), recorder(mood, workloads=("a",))
    to = channels(first=first, pager=pager)
    note(state, to, finding(severity="warn"))
    outcomes = send_pending(state, to, NOW)
    assert [(outcome.channel, outcome.error is None) for outcome in outcomes] == [
        ("pager", False),
        ("first", True),
    ]
    assert len(first.received) == 1
    assert send_pending(state, to, NOW + timedelta(days=1)) == []


def test_what_a_dead_channel_leaves_waiting_is_told_once_by_the_fallback_and_later_by_itself(
    state: State,
) -> None:
    first, pager = recorder(severity="page"), recorder(*["busy"] * 3, workloads=("a", "b"))
    to = channels(first=first, pager=pager)
    note(state, to, finding("a", severity="warn"), finding("b", severity="warn", usd=50))
    instants = [NOW + timedelta(hours=3 * n) for n in range(5)]
    counts = []
    for now in instants:
        send_pending(state, to, now)
        counts.append((len(first.received), len(pager.received)))
    assert counts == [(2, 0), (2, 0), (2, 0), (2, 2), (2, 2)], "also what waits behind the one that failed"


@pytest.mark.parametrize(
    ("hours", "messages"),
    [
        pytest.param(23, 3, id="less than a day: each as it was"),
        pytest.param(25, 1, id="more than a day: one for all"),
    ],
)
def test_a_channel_that_was_down_is_caught_up_without_a_storm(
    hours: int, messages: int, state: State
) -> None:
    slack = recorder(*["busy"] * 3)
    to = channels(slack=slack)
    note(state, to, finding("a"), finding("b", usd=50))
    note(state, to, finding("a", usd=300))
    for later in (0, 5, 10):
        send_pending(state, to, NOW + timedelta(hours=later))
    outcomes = send_pending(state, to, NOW + timedelta(hours=hours))
    assert len(slack.received) == messages
    assert all(outcome.error is None for outcome in outcomes)
    if messages == 1:
        (one,) = slack.received
        assert one.headline == "Not taken here since 2026-11-18 06:00Z: 2 incidents: 2 page"
        told = [(notice.incident.subject, notice.reason) for notice in one.notices]
        assert told == [("a", "escalated"), ("b", "opened")], "the latest news of each, most dollars first"
    assert send_pending(state, to, NOW + timedelta(days=9)) == []


def test_what_was_not_taken_never_comes_after_what_became_of_it(state: State) -> None:
    slack = recorder("busy")
    to = channels(slack=slack)
    note(state, to, finding("a", "warn"), finding("b", "warn"))
    send_pending(state, to, NOW)
    now = NOW + timedelta(hours=3)
    note(state, to, finding("a", "page"), finding("c", "warn"), now=now)
    for _ in range(2):
        send_pending(state, to, now)
    told = [[(n.incident.subject, n.reason) for n in message.notices] for message in slack.received]
    assert told == [[("b", "opened")], [("c", "opened")], [("a", "opened")], [("a", "escalated")]]


def test_a_message_that_never_succeeds_holds_up_no_group_of_others(state: State) -> None:
    slack = recorder("busy")
    to = channels(slack=slack)
    note(state, to, finding("a", "warn"))
    send_pending(state, to, NOW)
    now = NOW + timedelta(hours=3)
    note(state, to, *(finding(subject) for subject in "abcdefg"), now=now)
    slack.mood[:] = ["ok", "busy"]
    send_pending(state, to, now)
    (message,) = slack.received
    assert len(message.notices) == 7


def test_what_was_told_elsewhere_is_not_told_there_again_in_one(state: State) -> None:
    first, down = recorder(severity="page"), recorder(*["busy"] * 9, workloads=("a", "b"))
    to = channels(first=first, down=down)
    note(state, to, finding("a", severity="warn"), finding("b", severity="warn", usd=50))
    for days in range(5):
        send_pending(state, to, NOW + timedelta(days=days, hours=days))
    assert first.headlines == ["[WARN] a jumped ($100.00)", "[WARN] b jumped ($50.00)"]


@pytest.mark.parametrize("mood", ["busy", "refuses", "broken"])
@pytest.mark.parametrize(
    ("failing", "instead"),
    [
        pytest.param(["first"], "second", id="the first: the next one"),
        pytest.param(["second"], "first", id="the second: the first"),
        pytest.param(["first", "second"], "third", id="the first two: the third"),
        pytest.param(["first", "third"], "second", id="the first and the third: the second"),
        pytest.param(["first", "second", "third"], "console", id="all: the console"),
    ],
)
def test_what_fails_is_told_in_the_same_run_by_the_next_that_works_and_once(
    failing: list[str], instead: str, mood: str, state: State, capsys: pytest.CaptureFixture[str]
) -> None:
    to = {
        name: recorder(*[mood] * 9 * (name in failing), workloads=("a",) if name == failing[0] else ("z",))
        for name in ("first", "second", "third")
    }
    note(state, channels(**to), finding(severity="warn"))
    for hours in (0, 1, 3, 6):
        send_pending(state, channels(**to), NOW + timedelta(hours=hours))
    told = {name: len(one.received) for name, one in to.items()}
    told["console"] = capsys.readouterr().err.count("a jumped")
    assert {name: count for name, count in told.items() if count} == {instead: 1}


def test_a_dead_channel_is_asked_ever_more_rarely_however_much_waits(state: State) -> None:
    dead = recorder(*["down"] * 99)
    to = channels(fine=recorder(), dead=dead)
    note(state, to, *(finding(subject) for subject in "abcd"))
    for minute in range(60):
        send_pending(state, to, NOW + timedelta(minutes=minute))
    assert 99 - len(dead.mood) == 6, "after 1, 2, 4, 8, 16 and 32 minutes"


@pytest.mark.parametrize("mood", ["busy", "refuses", "broken"])
def test_where_every_channel_fails_the_console_tells(
    mood: str, state: State, capsys: pytest.CaptureFixture[str]
) -> None:
    to = channels(first=recorder(*[mood] * 9), second=recorder(*[mood] * 9, workloads=("a",)))
    decision = note(state, to, finding(severity="warn"))
    outcomes = send_pending(state, to, NOW)
    assert delivered(outcomes) == {notice.incident.id for notice in decision.notices}
    assert capsys.readouterr().err.count("[WARN] a jumped") == 1


def test_what_nobody_took_is_not_delivered(state: State) -> None:
    to = channels(console=recorder("busy"))
    note(state, to, finding())
    (outcome,) = send_pending(state, to, NOW)
    assert (outcome.instead, delivered([outcome])) == (None, frozenset())


def test_the_last_resort_is_the_console(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    to = channels(only=recorder("refuses"))
    note(state, to, finding())
    assert [outcome.channel for outcome in send_pending(state, to, NOW)] == ["only", "console"]
    assert "[PAGE] a jumped" in capsys.readouterr().err


def test_messages_of_a_removed_channel_are_told_by_the_fallback(state: State) -> None:
    note(state, channels(old=recorder()), finding())
    new = recorder()
    send_pending(state, channels(new=new), NOW)
    assert len(new.received) == 1


@pytest.mark.parametrize(
    ("mood", "hours", "received", "undelivered"),
    [
        pytest.param(["not invited"], (0, 0.5), 0, {"pending": 1, "dead": 0}, id="left alone for an hour"),
        pytest.param(["not invited"], (0, 1), 1, {"pending": 0, "dead": 0}, id="mended within the hour"),
        pytest.param(
            ["not invited"] * 3, (0, 24, 48, 72), 1, {"pending": 0, "dead": 0}, id="mended on day 3"
        ),
        pytest.param(["not invited"] * 9, (0, 160, 168, 999), 0, {"pending": 0, "dead": 1}, id="never"),
    ],
)
def test_what_somebody_has_to_mend_is_told_elsewhere_and_kept(
    mood: list[str], hours: Sequence[float], received: int, undelivered: dict[str, int], state: State
) -> None:
    slack, other = recorder(*mood), recorder(severity="page", workloads=("b",))
    to = channels(slack=slack, other=other)
    note(state, to, finding())
    for later in hours:
        send_pending(state, to, NOW + timedelta(hours=later))
    assert len(other.received) == 1, "told once meanwhile"
    assert len(slack.received) == received
    assert state.undelivered() == undelivered


@pytest.mark.parametrize("mood", ["ok", "down"])
def test_a_clock_that_was_ahead_parks_no_message(mood: str, state: State) -> None:
    mail = recorder("down", mood)
    to = channels(mail=mail)
    ahead = NOW + timedelta(days=400)
    note(state, to, finding("a"), finding("b", usd=50), now=ahead)
    send_pending(state, to, ahead)
    assert state.waiting(NOW)
    send_pending(state, to, NOW)
    assert len(mail.received) == (2 if mood == "ok" else 0)
    assert not state.waiting(NOW + timedelta(seconds=30))
    assert state.waiting(NOW + timedelta(hours=1)) is (mood == "down"), "as any other that is tried again"


def test_what_was_refused_for_good_is_over_when_the_channel_takes_another(state: State) -> None:
    mail = recorder("refuses")
    to = channels(mail=mail)
    note(state, to, finding("a"))
    send_pending(state, to, NOW)
    assert state.undelivered() == {"pending": 0, "dead": 1}
    note(state, to, finding("b"), now=NOW + timedelta(hours=1))
    send_pending(state, to, NOW + timedelta(hours=1))
    assert state.undelivered() == {"pending": 0, "dead": 0}


def test_a_channel_that_failed_and_is_removed_leaves_nothing_behind(state: State) -> None:
    """What it did not take was told by the other, which inherits it: nothing is left to be told for ever."""
    fine = recorder()
    note(state, channels(old=recorder("busy"), fine=fine), finding())
    send_pending(state, channels(old=recorder("busy"), fine=fine), NOW)
    send_pending(state, channels(fine=fine), NOW + timedelta(hours=3))
    assert not state.waiting(NOW + timedelta(days=9))
    assert len(fine.received) == 1


def test_an_unreachable_channel_is_a_finding_of_its_own() -> None:
    bad = Outcome(channel="slack", key="k1", headline="h", error="invalid_auth: set the token")
    good = Outcome(channel="console", key="k1", headline="h")
    (found,) = failures([bad, bad.model_copy(update={"key": "k2"}), good], DAY)
    assert (found.rule, found.subject, found.severity) == ("channel_failed", "slack", "warn")
    assert found.summary == "channel slack does not take messages: invalid_auth: set the token"
