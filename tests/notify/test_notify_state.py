"""Telling and the state: answers meanwhile, an older copy, rows that cannot be read."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from recorder import DAY, NOW, Recorder, channels, finding, note, recorder

from finops.errors import LedgerError
from finops.model import Finding, Incident, Message
from finops.notify.send import send_pending
from finops.reports import digest
from finops.state.store import FILE, State


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
