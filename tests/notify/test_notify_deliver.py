"""One message: sent once, in its thread, with its picture and its owners."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from recorder import DAY, NOW, Recorder, channels, finding, note, recorder

from finops.errors import DeliveryError
from finops.model import Message
from finops.notify.send import send_pending
from finops.state.store import State


def test_running_twice_sends_once(state: State) -> None:
    slack = recorder()
    to = channels(slack=slack)
    for _ in range(2):
        note(state, to, finding())
        send_pending(state, to, NOW)
    assert slack.headlines == ["[PAGE] a jumped ($100.00)"]


def test_later_news_of_an_incident_knows_its_thread(state: State) -> None:
    slack = recorder()
    to = channels(slack=slack)
    for days in (0, 1):
        now = NOW + timedelta(days=days)
        note(state, to, finding(day=DAY + timedelta(days=days)), now=now)
        send_pending(state, to, now)
    assert [message.thread for message in slack.received] == [None, "ref-1"]


class Easel(Recorder):
    """A channel that takes pictures, or fails with `fault`."""

    fault: Any = None
    pictures: list[str] = []

    def attach(self, message: Message, ref: str) -> None:
        if self.fault:
            raise self.fault
        self.pictures.append(ref)


@pytest.mark.parametrize(
    ("fault", "note_"),
    [
        pytest.param(None, None, id="attached"),
        pytest.param(
            DeliveryError("HTTP 503; it is tried again", retry=True),
            "sent without its chart: HTTP 503",
            id="not taken",
        ),
        pytest.param(MemoryError("no room"), "sent without its chart: MemoryError: no room", id="not drawn"),
    ],
)
def test_a_picture_never_costs_the_words(fault: Any, note_: str | None, state: State) -> None:
    slack = Easel(received=[], mood=[], pictures=[], fault=fault)
    to = channels(slack=slack)
    note(state, to, finding())
    (outcome,) = send_pending(state, to, NOW)
    assert (outcome.error, outcome.note) == (None, note_)
    assert len(slack.received) == 1
    assert slack.pictures == ([] if fault else ["ref-1"])
    assert send_pending(state, to, NOW) == [], "it is on record as sent"


class Lost(Recorder):
    """A channel that fails to look people up."""

    owners: dict[str, str] = {"search": "ana@example.com"}

    def find(self, address: str) -> str | None:
        raise ValueError("no JSON")


def test_looking_up_an_owner_never_costs_the_words(state: State) -> None:
    slack, fine = Lost(received=[], mood=[]), recorder()
    to = channels(slack=slack, fine=fine)
    note(state, to, finding())
    outcomes = {one.channel: one for one in send_pending(state, to, NOW)}
    assert outcomes["slack"].note == "sent without calling its owners: ValueError: no JSON"
    assert (slack.headlines, fine.headlines) == (["[PAGE] a jumped ($100.00)"],) * 2
    assert send_pending(state, to, NOW) == []


def test_another_try_is_for_those_who_were_not_told(state: State) -> None:
    mail = recorder("greylisted", "down")
    note(state, channels(mail=mail), finding())
    for minutes in (0, 1, 3):
        send_pending(state, channels(mail=mail), NOW + timedelta(minutes=minutes))
    assert [message.left for message in mail.received] == [("cto@acme.example",)]
