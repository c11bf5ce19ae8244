from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pydantic import SecretStr

from finops.channels import Channel, Console, Slack, Webhook, named
from finops.channels.audience import Audience
from finops.channels.console import Stream
from finops.errors import ConfigError, DeliveryError, LedgerError
from finops.incidents.machine import Policy
from finops.model import Decision, Finding, Incident, Message, Notice, Severity
from finops.notify.outcome import Outcome, delivered, failures
from finops.notify.readers import address
from finops.notify.record import record
from finops.notify.redraw import shown
from finops.notify.send import draw_anew, send_pending
from finops.reports import digest
from finops.state.store import FILE, State

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 18, 6, tzinfo=UTC)
DAY = date(2026, 11, 17)


class Crash(BaseException):
    """The process dies here."""


class Recorder(Audience):
    """A channel that keeps what it was sent; `mood` is what it does next."""

    kind: Literal["recorder"] = "recorder"
    received: list[Message] = []
    mood: list[str] = []

    def send(self, message: Message) -> str | None:
        mood = self.mood.pop(0) if self.mood else "ok"
        if mood == "busy":
            raise DeliveryError("busy", retry=True, after=7200)
        if mood == "down":
            raise DeliveryError("HTTP 503", retry=True)
        if mood == "greylisted":
            raise DeliveryError("450", retry=True, left=("cto@acme.example",))
        if mood == "not invited":
            raise DeliveryError("channel_not_found: /invite the bot", retry=False, mend=True)
        if mood == "refuses":
            raise DeliveryError("invalid_auth: set the token", retry=False)
        if mood == "broken":
            raise ZeroDivisionError("cannot lay it out")
        self.received.append(message)
        if mood == "crashes":
            raise Crash
        return f"ref-{len(self.received)}"

    @property
    def headlines(self) -> list[str]:
        return [message.headline for message in self.received]


def recorder(*mood: str, **audience: Any) -> Recorder:
    return Recorder(received=[], mood=list(mood), **audience)


def channels(**recorders: Recorder) -> dict[str, Channel]:
    return dict(recorders)  # type: ignore[arg-type]  # any settings with `send` will do


def finding(subject: str = "a", severity: Severity = "page", day: date = DAY, usd: int = 100) -> Finding:
    return Finding(
        rule="spend_spike", title="Spend jumped", severity=severity, subject=subject, day=day,
        usd=Decimal(usd), summary=f"{subject} jumped", workload=subject, team="search", environment="prod",
    )  # fmt: skip


def note(state: State, to: dict[str, Channel], *found: Finding, now: datetime = NOW) -> Decision:
    return record(state, found, {"spend_spike": now.date() - timedelta(days=1)}, now, Policy(), to)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / FILE) as opened:
        yield opened


class Answering(Recorder):
    """Somebody acknowledges while the run decides: the answer waits, and is not overwritten."""

    path: Path
    threads: list[Any] = []

    def wants(self, incident: Incident) -> bool:
        if incident.notified_severity == "warn":
            return True
        answered = threading.Event()
        self.threads.append(threading.Thread(target=self.answer, args=(incident.id, answered)))
        self.threads[-1].start()
        assert not answered.wait(0.2)
        return True

    def answer(self, incident: str, answered: threading.Event) -> None:
        with State(self.path) as state:
            state.acknowledge(incident, "ana", NOW)
        answered.set()


def test_an_answer_during_a_run_is_kept(state: State) -> None:
    slack = Answering(path=state.path, threads=[])
    to = channels(slack=slack)
    note(state, to, finding(severity="warn"))
    note(state, to, finding(severity="page"))
    slack.threads[0].join()
    assert [(one.state, one.by) for one in state.incidents()] == [("acknowledged", "ana")]


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


@pytest.mark.parametrize(
    ("count", "messages"),
    [pytest.param(5, 5, id="five: one each"), pytest.param(6, 1, id="six: one for all")],
)
def test_grouping(count: int, messages: int, state: State) -> None:
    slack = recorder()
    to = channels(slack=slack)
    note(state, to, *(finding(f"w{n}", usd=n) for n in range(count)))
    send_pending(state, to, NOW)
    assert len(slack.received) == messages
    told = [notice.incident.subject for message in slack.received for notice in message.notices]
    assert told == [f"w{n}" for n in reversed(range(count))], "most dollars first"


def test_a_page_among_many_stands_alone(state: State) -> None:
    slack = recorder()
    to = channels(slack=slack)
    note(state, to, finding("w9"), *(finding(f"w{n}", usd=n, severity="warn") for n in range(6)))
    send_pending(state, to, NOW)
    assert [len(message.notices) for message in slack.received] == [1, 6]
    assert slack.headlines[0] == "[PAGE] w9 jumped ($100.00)"


@pytest.mark.parametrize(
    ("audience", "takes"),
    [
        pytest.param({}, True, id="everyone"),
        pytest.param({"severity": "page"}, False, id="pages only"),
        pytest.param({"severity": "warn"}, True, id="warnings and pages"),
        pytest.param({"workloads": ("a",)}, True, id="its workload"),
        pytest.param({"workloads": ("b",)}, False, id="another workload"),
        pytest.param({"teams": ("search", "ads")}, True, id="its team"),
        pytest.param({"environments": ("dev",)}, False, id="another environment"),
        pytest.param({"teams": ("search",), "workloads": ("b",)}, False, id="its team, another workload"),
    ],
)
def test_routing_and_the_fallback_for_what_nobody_asked_for(
    audience: dict[str, Any], takes: bool, state: State
) -> None:
    first, second = recorder(severity="page"), recorder(**audience)
    to = channels(first=first, second=second)
    note(state, to, finding(severity="warn"))
    send_pending(state, to, NOW)
    assert (len(first.received), len(second.received)) == ((0, 1) if takes else (1, 0))


def test_whoever_was_paged_hears_that_it_is_over(state: State) -> None:
    pages = recorder(severity="page")
    to = channels(everything=recorder(), pages=pages)
    note(state, to, finding())
    note(state, to, finding(severity="warn", day=DAY + timedelta(days=1)), now=NOW + timedelta(days=1))
    for days in (2, 3, 4):
        note(state, to, now=NOW + timedelta(days=days))
    send_pending(state, to, NOW + timedelta(days=4))
    assert pages.headlines[-1].startswith("[RESOLVED]")


def test_without_channels_the_console_is_told(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    note(state, {}, finding())
    (outcome,) = send_pending(state, {}, NOW)
    assert (outcome.channel, outcome.error) == ("console", None)
    printed = capsys.readouterr()
    assert "[PAGE] a jumped" in printed.err
    assert printed.out == "", "stdout is the command's"


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


def test_what_was_told_elsewhere_is_not_told_there_again_in_one(state: State) -> None:
    first, down = recorder(severity="page"), recorder(*["busy"] * 9, workloads=("a", "b"))
    to = channels(first=first, down=down)
    note(state, to, finding("a", severity="warn"), finding("b", severity="warn", usd=50))
    for days in range(5):
        send_pending(state, to, NOW + timedelta(days=days, hours=days))
    assert first.headlines == ["[WARN] a jumped ($100.00)", "[WARN] b jumped ($50.00)"]


def test_a_restored_state_repeats_once_and_says_so_once(tmp_path: Path) -> None:
    """Day 1 runs; the file is copied; day 2 runs; the copy is put back; day 2 and what follows run again."""
    slack = recorder()
    to = channels(slack=slack)

    def run(day: int, *found: Finding) -> None:
        now = NOW + timedelta(days=day)
        with State(tmp_path / FILE) as state:
            note(state, to, *found, now=now)
            send_pending(state, to, now)

    def on(day: int, *subjects: str) -> list[Finding]:
        return [finding(subject, day=DAY + timedelta(days=day)) for subject in subjects]

    run(0, *on(0, "a"))
    copy = (tmp_path / FILE).read_bytes()
    run(1, *on(1, "a", "b"))
    (tmp_path / FILE).write_bytes(copy)
    for day in (1, 2, 3, 4, 5, 6):
        run(day, *(on(day, "a", "b") if day < 3 else []))
    told = Counter(headline.split(" (")[0] for headline in slack.headlines)
    assert told["[WARN] state.sqlite is an older copy"] == 1
    assert not any("RESOLVED] state" in headline for headline in told), "it happened; it does not end"
    assert told["[PAGE] b jumped"] == 2, "what only the lost copy knew, once more"
    assert told["[PAGE] a jumped"] == 1
    assert told["[PAGE, still there] a jumped"] == 3, "of two days, one of them twice"


def test_a_new_home_forgets_nothing(state: State) -> None:
    for _ in range(3):
        note(state, {}, finding())
        assert state.forgotten() == 0


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


def test_a_crash_after_a_refusal_loses_nothing(state: State) -> None:
    """The refusal and the message for the fallback are written together, or not at all."""
    first, pager = recorder("crashes", severity="page"), recorder("refuses", workloads=("a",))
    to = channels(first=first, pager=pager)
    note(state, to, finding(severity="warn"))
    for _ in range(2):
        with contextlib.suppress(Crash):
            send_pending(state, to, NOW)
    assert first.headlines == ["[WARN] a jumped ($100.00)"] * 2


@pytest.mark.parametrize(
    ("names", "failed", "told"),
    [
        pytest.param(["slack"], "slack", ["console"], id="the only one"),
        pytest.param(["slack", "hook"], "slack", ["hook"], id="the first of two"),
        pytest.param(["slack", "hook"], "hook", ["slack"], id="the second of two"),
        pytest.param(["slack", "pages"], "slack", ["pages"], id="the other one, which did not ask for it"),
        pytest.param(["pages", "slack"], "slack", ["pages"], id="only the fallback is left"),
        pytest.param(["console"], "console", ["console"], id="the console: nowhere else to go"),
    ],
)
def test_that_a_channel_failed_is_told_elsewhere(
    names: list[str], failed: str, told: list[str], state: State
) -> None:
    to = channels(**{name: recorder(severity="page" if name == "pages" else "info") for name in names})
    found = failures([Outcome(channel=failed, key="k", headline="h", error="HTTP 500")], DAY)
    decision = record(state, found, {"channel_failed": DAY}, NOW, Policy(), to)
    assert list(address(decision.notices, to)) == told


def test_an_error_of_the_state_is_not_taken_for_the_message(state: State) -> None:
    to = channels(slack=recorder())
    note(state, to, finding())
    with closing(sqlite3.connect(state.path)) as con, con:
        con.execute("alter table deliveries rename column ref to reference")
    with pytest.raises(LedgerError, match="no such column"):
        send_pending(state, to, NOW)
    with closing(sqlite3.connect(state.path)) as con:
        assert con.execute("select status from deliveries").fetchall() == [("pending",)]


def test_what_cannot_be_read_is_told_and_stops_no_other(state: State) -> None:
    slack = recorder()
    to = channels(slack=slack)
    note(state, to, finding("a"))
    with closing(sqlite3.connect(state.path)) as con, con:
        con.execute("update incidents set value = '{}'")
        con.execute("update deliveries set message = '{}'")
    for days in (0, 1):
        note(state, to, finding("b", usd=50), now=NOW + timedelta(days=days))
    send_pending(state, to, NOW)
    told = [headline.split("]")[1] for headline in slack.headlines]
    assert told[0] == " b jumped ($50.00)"
    assert sorted(text.split()[0] for text in told[1:]) == ["incident", "message"]
    assert len(told) == 3, "once, though found in each run"


def test_what_a_rule_ran_on_is_kept_with_its_incidents(state: State) -> None:
    note(state, {}, finding())
    assert state.evaluated() == {"spend_spike": DAY}


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


def _digest(state: State) -> None:
    message = Message(key="daily-2026-11-18", notices=(), headline="Yesterday")
    assert digest.send(state, channels(slack=recorder()), ["slack"], message, NOW)


LATER: dict[str, Callable[[State], object]] = {
    "ack": lambda state: state.acknowledge(state.incidents()[0].id, "ana", NOW),
    "snooze": lambda state: state.snooze(state.incidents()[0].id, NOW + timedelta(days=1), "ana", NOW),
    "plan": lambda state: state.plan("a", NOW + timedelta(days=1), "ana", NOW),
    "verdict": lambda state: state.judge(state.incidents()[0].id, "expected", "ana", NOW),
    "digest": _digest,
}


@pytest.mark.parametrize("later", LATER.values(), ids=LATER)
@pytest.mark.parametrize("answers", [0, 3])
def test_what_was_answered_or_sent_since_a_copy_is_missed(
    later: Callable[[State], object], answers: int, tmp_path: Path
) -> None:
    with State(tmp_path / FILE) as state:
        note(state, {}, finding())
    copy = (tmp_path / FILE).read_bytes()
    with State(tmp_path / FILE) as state:
        later(state)
        assert state.forgotten() == 0
    (tmp_path / FILE).write_bytes(copy)
    with State(tmp_path / FILE) as state:
        for _ in range(answers):
            LATER["ack"](state)
        assert state.forgotten() == 1, "whatever is answered before somebody notices"
        note(state, {}, finding())
        assert [one.rule for one in state.standing("state_restored")] == ["state_restored"]
        assert state.forgotten() == 0


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


def test_another_try_is_for_those_who_were_not_told(state: State) -> None:
    mail = recorder("greylisted", "down")
    note(state, channels(mail=mail), finding())
    for minutes in (0, 1, 3):
        send_pending(state, channels(mail=mail), NOW + timedelta(minutes=minutes))
    assert [message.left for message in mail.received] == [("cto@acme.example",)]


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


@pytest.mark.parametrize(
    ("configured", "names"),
    [
        pytest.param([Slack(), Webhook()], ["slack", "webhook"], id="by kind"),
        pytest.param([Slack(), Slack(), Slack()], ["slack", "slack-2", "slack-3"], id="numbered"),
        pytest.param([Slack(name="oncall"), Slack()], ["oncall", "slack"], id="by name"),
    ],
)
def test_names(configured: Sequence[Channel], names: list[str]) -> None:
    assert list(named(configured)) == names


@pytest.mark.parametrize(
    ("stream", "streams"),
    [
        pytest.param(None, ["stdout", "stderr"], id="as configured"),
        pytest.param("stderr", ["stderr", "stderr"], id="stdout is a program's"),
    ],
)
def test_where_consoles_print(stream: Stream | None, streams: list[str]) -> None:
    configured = named([Console(), Slack(), Console(stream="stderr")], stream)
    assert [one.stream for one in configured.values() if isinstance(one, Console)] == streams


@pytest.mark.parametrize(
    "configured",
    [
        pytest.param([Slack(name="a"), Webhook(name="a")], id="twice"),
        pytest.param([Slack(name="console"), Console()], id="the console's"),
    ],
)
def test_a_taken_name_is_refused(configured: Sequence[Channel]) -> None:
    with pytest.raises(ConfigError, match="is taken"):
        named(configured)


def test_kill_9_between_sending_and_recording_repeats_and_never_loses(tmp_path: Path) -> None:
    """The receiver kills the sender before it answers: sent, but not known as sent."""
    keys: list[str] = []
    victim: list[subprocess.Popen[bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            keys.append(self.headers["Idempotency-Key"])
            if victim:
                os.kill(victim.pop().pid, signal.SIGKILL)
                self.close_connection = True
                return
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as server, State(tmp_path / FILE) as state:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        url = f"http://127.0.0.1:{server.server_port}/"
        hook = Webhook(url=SecretStr(url))
        note(state, {"hook": hook}, finding())
        command = [sys.executable, "-c", SENDER, str(state.path), NOW.isoformat(), url]
        with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}) as sender:
            victim.append(sender)
            thread.start()
            assert sender.wait(60) == -signal.SIGKILL
        for _ in range(2):
            send_pending(state, {"hook": hook}, NOW)
        server.shutdown()
        thread.join()
    assert len(keys) == 2
    assert len(set(keys)) == 1, "the repeated message has the same key"


SENDER = """
import sys
from datetime import datetime
from pathlib import Path
from finops.channels import Webhook
from finops.notify.send import send_pending
from finops.state.store import State

with State(Path(sys.argv[1])) as state:
    send_pending(state, {"hook": Webhook(url=sys.argv[3])}, datetime.fromisoformat(sys.argv[2]))
"""

SUBJECTS = ("a", "b")


def news(notice: Notice) -> str:
    incident = notice.incident
    return f"{incident.id} {notice.reason} {incident.notified_at} {incident.resolved_at}"


class Notifications(RuleBasedStateMachine):
    """Days pass, channels fail, processes die: no message is lost, none is repeated without a crash."""

    def __init__(self) -> None:
        super().__init__()
        self.home = tempfile.TemporaryDirectory()
        self.slack = recorder()
        self.to = channels(slack=self.slack)
        self.day = DAY
        self.told: list[str] = []
        self.crashes = 0

    @property
    def now(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, 6, tzinfo=UTC) + timedelta(days=1)

    def open(self) -> State:
        return State(Path(self.home.name) / FILE)

    @rule(
        found=st.lists(
            st.builds(
                lambda subject, severity, back, usd: (subject, severity, back, usd),
                st.sampled_from(SUBJECTS),
                st.sampled_from(("info", "warn", "page")),
                st.integers(0, 2),
                st.integers(0, 1000),
            ),
            max_size=3,
        ),
        complete=st.booleans(),
    )
    def check(self, found: list[tuple[str, Severity, int, int]], complete: bool) -> None:
        findings = [finding(s, sev, self.day - timedelta(days=back), usd) for s, sev, back, usd in found]
        evaluated = {"spend_spike": self.day} if complete else {}
        with self.open() as state:
            before = {one.id: one for one in state.incidents()}
            decision = record(state, findings, evaluated, self.now, Policy(), self.to)
            again = record(state, findings, evaluated, self.now, Policy(), self.to)
        assert again == Decision()
        for notice in decision.notices:
            incident = notice.incident
            self.told.append(news(notice))
            if notice.reason == "reopened":
                assert before[incident.id].state == "resolved"
                assert (incident.state, incident.by) == ("open", None)
        new = {one.subject for one in findings} - {one.subject for one in before.values()}
        assert new <= {notice.incident.subject for notice in decision.notices}, "what is new is told at once"

    @rule(days=st.integers(1, 4))
    def wait(self, days: int) -> None:
        self.day += timedelta(days=days)

    @rule(mood=st.lists(st.sampled_from(["ok", "busy", "crashes"]), max_size=3))
    def send(self, mood: list[str]) -> None:
        self.slack.mood[:] = mood
        try:
            with self.open() as state:
                send_pending(state, self.to, self.now)
        except Crash:
            self.crashes += 1

    @precondition(lambda self: self.told)
    @rule(pick=st.integers(0, 10), days=st.integers(0, 5))
    def answer(self, pick: int, days: int) -> None:
        with self.open() as state:
            active = [one.id for one in state.incidents() if one.state != "resolved"]
            if active and days:
                state.snooze(active[pick % len(active)], self.now + timedelta(days=days), "ana", self.now)
            elif active:
                state.acknowledge(active[pick % len(active)], "ana", self.now)

    @invariant()
    def one_open_incident_a_subject(self) -> None:
        with self.open() as state:
            active = Counter(one.subject for one in state.incidents() if one.state != "resolved")
        assert all(count == 1 for count in active.values())

    def teardown(self) -> None:
        self.slack.mood.clear()
        with self.open() as state:
            send_pending(state, self.to, self.now + timedelta(days=1))
        received = [news(notice) for message in self.slack.received for notice in message.notices]
        assert set(received) <= set(self.told), "nothing made up"
        assert set(self.told) - set(received) <= self.folded(), "nothing lost: later news stood in for it"
        last = {text.split()[0]: text for text in self.told}
        assert set(last.values()) <= set(received), "the latest news of each incident came through"
        repeats = len(self.slack.received) - len({message.key for message in self.slack.received})
        assert repeats <= self.crashes
        self.home.cleanup()

    def folded(self) -> set[str]:
        with self.open() as state:
            rows = state.rows("select message from deliveries where error like 'told in %'")
        messages = [Message.model_validate_json(row["message"]) for row in rows]
        return {news(notice) for message in messages for notice in message.notices}


TestNotifications = Notifications.TestCase
TestNotifications.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
