"""Days pass, channels fail, processes die, in any order."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from recorder import DAY, Crash, channels, finding, recorder

from finops.incidents.machine import Policy
from finops.model import Decision, Message, Notice, Severity
from finops.notify.record import record
from finops.notify.send import send_pending
from finops.state.store import FILE, State

SUBJECTS = ("a", "b")


def news(notice: Notice) -> str:
    """Which it is; what an earlier one says of the end is an answer that came before it was sent."""
    incident = notice.incident
    ended = incident.resolved_at if notice.reason in ("resolved", "corrected") else None
    return f"{incident.id} {notice.reason} {incident.notified_at} {ended}"


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
