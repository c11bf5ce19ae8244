"""A message that stands in a channel says what became of its incident."""

from __future__ import annotations

from datetime import timedelta

from recorder import DAY, NOW, Recorder, channels, finding, note

from finops.channels.pagerduty import events
from finops.errors import DeliveryError
from finops.model import Message, Window
from finops.notify.redraw import shown
from finops.notify.send import draw_anew, send_pending
from finops.state.store import State


class Board(Recorder):
    """A channel whose messages can be drawn anew."""

    drawn: list[tuple[str, str]] = []

    def redraw(self, message: Message, ref: str) -> None:
        if self.mood and self.mood.pop(0) == "busy":
            raise DeliveryError("busy", retry=True)
        self.drawn.append((ref, shown(message)))


def board(*mood: str) -> Board:
    return Board(received=[], mood=list(mood), drawn=[])


def test_the_first_message_shows_what_became_of_it_once(state: State) -> None:
    slack = board()
    to = channels(slack=slack)
    (notice,) = note(state, to, finding()).notices
    send_pending(state, to, NOW)
    state.acknowledge(notice.incident.id, "ana", NOW)
    for _ in range(2):
        assert draw_anew(state, to, NOW) == []
    note(state, to, now=NOW + timedelta(days=1))
    for days in (2, 3):
        note(state, to, now=NOW + timedelta(days=days))
        send_pending(state, to, NOW + timedelta(days=days))
    assert slack.drawn == [
        ("ref-1", "page acknowledged by ana"),
        ("ref-1", "page resolved 2026-11-21 06:00Z"),
    ]
    assert [message.thread for message in slack.received] == [None, "ref-1"]


def test_what_could_not_be_drawn_anew_is_told_and_made_up_for(state: State) -> None:
    slack = board()
    to = channels(slack=slack)
    (notice,) = note(state, to, finding()).notices
    send_pending(state, to, NOW)
    state.acknowledge(notice.incident.id, "ana", NOW)
    slack.mood.append("busy")
    (outcome,) = send_pending(state, to, NOW)
    assert (outcome.channel, outcome.error) == ("slack", "busy")
    assert send_pending(state, to, NOW) == []
    assert slack.drawn == [("ref-1", "page acknowledged by ana")]


def test_the_first_message_shows_how_bad_it_became(state: State) -> None:
    slack = board()
    to = channels(slack=slack)
    note(state, to, finding(severity="warn"))
    send_pending(state, to, NOW)
    for days, severity in ((1, "page"), (2, "warn")):
        now = NOW + timedelta(days=days)
        note(state, to, finding(severity=severity, day=DAY + timedelta(days=days)), now=now)  # type: ignore[arg-type]
        send_pending(state, to, now)
    assert slack.drawn == [("ref-1", "page")]


def test_what_was_answered_before_it_could_be_sent_says_so(state: State) -> None:
    slack = board("busy")
    to = channels(slack=slack)
    (notice,) = note(state, to, finding()).notices
    send_pending(state, to, NOW)
    state.acknowledge(notice.incident.id, "ana", NOW)
    send_pending(state, to, NOW + timedelta(hours=2))
    assert shown(slack.received[0]) == "page acknowledged by ana"
    assert slack.drawn == []


def test_a_day_that_nobody_planned_is_told_as_open_until_somebody_answers(state: State) -> None:
    """The plan was there before, and says nothing of that day: a pager rings, and its owner is called."""
    slack = board()
    to = channels(slack=slack)
    sale = Window(name="a", first_day=DAY, until=NOW + timedelta(days=3), by="finops.toml: sale")
    late = finding(day=DAY - timedelta(days=1))
    note(state, to, finding(severity="warn"), planned=[sale])
    (notice,) = note(state, to, finding(severity="warn"), late, planned=[sale]).notices
    send_pending(state, to, NOW)
    (message,) = slack.received
    (told,) = message.notices
    assert (told.incident.state, told.incident.until, told.incident.by) == ("open", None, None)
    assert [event["event_action"] for event in events(message)] == ["trigger"]
    for hours in (1, 24):
        now = NOW + timedelta(hours=hours)
        note(state, to, finding(severity="warn"), late, now=now, planned=[sale])
        send_pending(state, to, now)
    assert (slack.drawn, state.incident(notice.incident.id).state) == ([], "planned")
    state.plan("a", NOW + timedelta(days=8), "ana", NOW + timedelta(days=2))
    assert draw_anew(state, to, NOW + timedelta(days=2)) == []
    assert slack.drawn == [("ref-1", "page planned until 2026-11-26 06:00Z by ana")]


def test_a_plan_of_later_days_silences_no_page_that_still_waits_or_stands(state: State) -> None:
    slack = board("busy")
    to = channels(slack=slack)
    later = Window(name="a", first_day=DAY + timedelta(days=1), until=NOW + timedelta(days=3), by="sale")
    note(state, to, finding())
    send_pending(state, to, NOW)
    for days in (1, 2):
        now = NOW + timedelta(days=days)
        note(state, to, finding(severity="warn", day=DAY + timedelta(days=days)), now=now, planned=[later])
        send_pending(state, to, now)
    (message,) = slack.received
    assert [event["event_action"] for event in events(message)] == ["trigger"]
    assert (slack.drawn, [one.state for one in state.incidents()]) == ([], ["planned"])


def test_a_plan_of_the_day_that_was_told_is_an_answer(state: State) -> None:
    slack = board()
    to = channels(slack=slack)
    note(state, to, finding())
    send_pending(state, to, NOW)
    known = Window(name="a", first_day=DAY, until=NOW + timedelta(days=3), by="sale")
    note(state, to, finding(), now=NOW + timedelta(hours=1), planned=[known])
    send_pending(state, to, NOW + timedelta(hours=1))
    assert slack.drawn == [("ref-1", "page planned until 2026-11-21 06:00Z by sale")]
