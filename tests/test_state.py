from __future__ import annotations

import fcntl
import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from home import Home

from finops.errors import ConfigError, LedgerError
from finops.incidents.machine import Policy, decide
from finops.messages.compose import compose
from finops.model import Decision, Finding, Message, Window
from finops.sqlfile import QUERIES
from finops.state.store import FILE, VERSION, State

NOW = datetime(2026, 11, 18, 6, tzinfo=UTC)
LATER = NOW + timedelta(days=2)


def finding(subject: str = "search-api", workload: str | None = "search-api") -> Finding:
    return Finding(
        rule="spend_spike", title="Spend jumped", severity="page", subject=subject, day=NOW.date(),
        usd=Decimal("1912.000000000001"), summary="it jumped", workload=workload,
    )  # fmt: skip


def decision(*findings: Finding) -> Decision:
    return decide([], findings or [finding()], {}, NOW, Policy())


def messages(made: Decision) -> list[tuple[str, Message]]:
    return [("slack", message) for message in compose(made.notices, 5)]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / FILE) as opened:
        yield opened


def test_incidents_survive_closing_exactly(tmp_path: Path) -> None:
    made = decision()
    with State(tmp_path / FILE) as state:
        state.record(made, messages(made), NOW)
    with State(tmp_path / FILE) as state:
        assert state.incidents() == made.incidents
        assert [pending.message for pending in state.pending("slack", NOW)] == [messages(made)[0][1]]


def test_recording_is_all_or_nothing(state: State) -> None:
    made = decision()

    def outbox() -> Iterator[tuple[str, Message]]:
        yield from messages(made)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        state.record(made, outbox(), NOW)
    assert (state.incidents(), state.pending("slack", NOW)) == ((), ())
    state.record(made, messages(made), NOW)
    assert len(state.incidents()) == 1


def test_recording_the_same_message_twice_sends_it_once(state: State) -> None:
    made = decision()
    state.record(made, messages(made), NOW)
    (pending,) = state.pending("slack", NOW)
    state.sent(pending.message.key, "slack", "17.1", NOW)
    state.record(made, messages(made), NOW)
    assert state.pending("slack", NOW) == ()


def test_a_failed_delivery_waits_and_a_dead_one_is_gone(state: State) -> None:
    made = decision()
    state.record(made, messages(made), NOW)
    key = state.pending("slack", NOW)[0].message.key
    state.failed(key, "slack", "HTTP 502", NOW, NOW + timedelta(minutes=5))
    assert state.pending("slack", NOW) == ()
    (pending,) = state.pending("slack", NOW + timedelta(minutes=5))
    assert pending.attempts == 1
    state.failed(key, "slack", "invalid_auth", NOW, None)
    assert state.pending("slack", LATER) == ()


def test_one_that_keeps_failing_holds_up_no_other(state: State) -> None:
    made = decision(finding("a"), finding("b"))
    state.record(made, messages(made), NOW)
    first, second = (pending.message.key for pending in state.pending("slack", NOW))
    state.failed(first, "slack", "HTTP 500", NOW, NOW)
    assert [pending.message.key for pending in state.pending("slack", NOW)] == [second, first]


def test_threads_are_the_messages_of_the_incident_on_that_channel(state: State) -> None:
    made = decision(finding("a"), finding("b"))
    state.record(made, messages(made), NOW)
    one, other = (notice.incident.id for notice in made.notices)
    assert state.threads("slack", one) == ()
    state.sent(messages(made)[0][1].key, "slack", "17.1", NOW)
    assert (state.threads("slack", one), state.threads("slack", other)) == (("17.1",), ())
    assert state.threads("elsewhere", one) == ()


def test_whom_a_message_called_stays_with_it(state: State) -> None:
    made = decision()
    state.record(made, messages(made), NOW)
    key = messages(made)[0][1].key
    state.sent(key, "slack", "17.1", NOW, "", ("U1", "ana@example.com"))
    (root,) = state.roots("slack", NOW)
    assert root.message.owners == ("U1", "ana@example.com")


def test_messages_of_a_channel_that_is_gone_are_adopted(state: State) -> None:
    made = decision()
    state.record(made, messages(made), NOW)
    state.adopt(["teams"], "teams")
    assert len(state.pending("teams", NOW)) == 1
    assert state.pending("slack", NOW) == ()


def test_what_the_heir_has_already_waits_no_more(state: State) -> None:
    made = decision(finding("a"), finding("b"))
    (_, told), (_, untold) = messages(made)
    state.record(made, [*messages(made), ("teams", told)], NOW)
    state.sent(told.key, "teams", None, NOW)
    state.adopt(["teams"], "teams")
    assert [pending.message for pending in state.pending("teams", NOW)] == [untold]
    state.sent(untold.key, "teams", None, NOW)
    assert not state.waiting(LATER)


def test_a_channel_that_is_left_alone_is_left_alone_with_all_that_waits(state: State) -> None:
    made = decision(finding("a"), finding("b"))
    (_, first), (_, second) = messages(made)
    state.record(made, [*messages(made), ("teams", first)], NOW)
    tonight = NOW + timedelta(hours=20)
    state.failed(second.key, "slack", "HTTP 502", NOW, tonight)
    state.postpone("slack", NOW + timedelta(hours=1))
    assert [one.message for one in state.pending("slack", tonight - timedelta(hours=1))] == [first]
    assert len(state.pending("slack", tonight)) == 2, "what asked for more patience keeps it"
    assert state.pending("slack", NOW) == ()
    assert len(state.pending("teams", NOW)) == 1


def test_answers_are_kept_with_who_and_when(state: State) -> None:
    state.record(decision(), [], NOW)
    (incident,) = state.incidents()
    state.acknowledge(incident.id, "ana", NOW)
    state.snooze(incident.id, LATER, "bo", NOW)
    after = state.incident(incident.id)
    assert (after.state, after.until, after.by) == ("snoozed", LATER, "bo")
    events = [(event.event, event.by) for event in state.history(incident.id)]
    assert events == [("opened", None), ("acknowledged", "ana"), ("snoozed", "bo")]


def test_what_happens_in_silence_is_on_record_too(state: State) -> None:
    window = Window(name="search-api", first_day=NOW.date(), until=LATER, by="finops.toml: a load test")
    silent = decide([], [finding()], {}, NOW, Policy(), [window])
    assert silent.notices == ()
    for _ in range(2):
        state.record(silent, [], NOW)
    (incident,) = state.incidents()
    (event,) = state.history(incident.id)
    assert (event.event, event.by, event.detail) == (
        "planned", "finops.toml: a load test", f"until {LATER.isoformat(timespec='microseconds')}",
    )  # fmt: skip


def test_who_acknowledges_what_was_never_told_has_heard_of_it(state: State) -> None:
    """It began in a planned window, and somebody saw it in the list."""
    window = Window(name="search-api", first_day=NOW.date(), until=LATER, by="finops.toml: a load test")
    state.record(decide([], [finding()], {}, NOW, Policy(), [window]), [], NOW)
    (incident,) = state.incidents()
    state.acknowledge(incident.id, "ana", NOW)
    later = LATER + timedelta(days=2)
    again = finding().model_copy(update={"day": later.date()})
    decided = decide(state.incidents(), [again], {}, later, Policy())
    assert (decided.notices, [(one.state, one.by) for one in decided.incidents]) == (
        (),
        [("acknowledged", "ana")],
    )


@pytest.mark.parametrize(
    ("name", "muted"),
    [
        pytest.param("search-api / sonnet", 1, id="a subject"),
        pytest.param("search-api", 2, id="a workload, with all its subjects"),
        pytest.param("support-bot", 0, id="something to come"),
    ],
)
def test_plan(name: str, muted: int, state: State) -> None:
    state.record(decision(finding("search-api / sonnet"), finding("search-api / haiku")), [], NOW)
    assert len(state.plan(name, LATER, "ana", NOW)) == muted
    assert sum(incident.state == "planned" for incident in state.incidents()) == muted
    assert state.planned() == (Window(name=name, until=LATER, by="ana"),)


def test_planning_an_incident_plans_its_subject(state: State) -> None:
    state.record(decision(), [], NOW)
    (incident,) = state.incidents()
    assert [one.id for one in state.plan(incident.id, LATER, "ana", NOW)] == [incident.id]
    assert [window.name for window in state.planned()] == ["search-api"]


@pytest.mark.parametrize(
    ("rule", "subjects"),
    [
        pytest.param(None, ["a"], id="of all rules"),
        pytest.param("spend_spike", ["a"], id="of one"),
        pytest.param("budget", [], id="of one that found nothing"),
    ],
)
def test_what_stands(rule: str | None, subjects: list[str], state: State) -> None:
    one, other, broken = decision(finding("a"), finding("b"), finding("c")).incidents
    over = other.model_copy(update={"state": "resolved", "resolved_at": NOW})
    state.record(Decision(incidents=(one, over, broken)), [], NOW)
    run(state.path, "update incidents set value = '{}' where id = ?", broken.id)
    assert [incident.subject for incident in state.standing(rule)] == subjects


def test_an_unknown_id_names_the_nearest(state: State) -> None:
    state.record(decision(), [], NOW)
    (incident,) = state.incidents()
    with pytest.raises(ConfigError, match=f"'{incident.id[:-1]}x'; the nearest are {incident.id}; see"):
        state.acknowledge(incident.id[:-1] + "x", "ana", NOW)
    with pytest.raises(ConfigError, match="no incident 'nosuch'; see finops incidents list --all"):
        state.acknowledge("nosuch", "ana", NOW)


def test_a_resolved_incident_takes_no_answer(state: State) -> None:
    made = decision().incidents[0].model_copy(update={"state": "resolved", "resolved_at": NOW})
    state.record(Decision(incidents=(made,)), [], NOW)
    with pytest.raises(ConfigError, match="is resolved since"):
        state.acknowledge(made.id, "ana", NOW)


def test_an_answer_during_a_run_is_not_overwritten(tmp_path: Path) -> None:
    """A run reads, decides and writes in one transaction; the acknowledgement waits for it."""
    made = decision()
    with State(tmp_path / FILE) as state:
        state.record(made, [], NOW)
        reading, answered = threading.Event(), threading.Event()

        def answer() -> None:
            with State(tmp_path / FILE) as other:
                reading.wait()
                other.acknowledge(made.incidents[0].id, "ana", NOW)
                answered.set()

        person = threading.Thread(target=answer)
        person.start()
        with state.exclusive():
            known = state.incidents()
            reading.set()
            assert not answered.wait(0.2)
            state.record(Decision(incidents=known), [], NOW)
        person.join()
        assert state.incidents()[0].state == "acknowledged"


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / FILE
    with State(path):
        pass
    run(path, "update schema_version set version = ?", str(VERSION + 1))
    with pytest.raises(LedgerError, match="newer finops"), State(path):
        pass


def test_a_file_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path, made = tmp_path / FILE, decision()
    with closing(sqlite3.connect(path)) as con, con:
        con.executescript((QUERIES / "state" / "1.sql").read_text(encoding="utf-8"))
        con.execute("insert into schema_version values (1)")
        value = made.incidents[0].model_dump_json()
        con.execute("insert into incidents values (?, 'spend_spike', 'a', 'open', ?)", ["abc", value])
    for _ in range(2):
        with State(path) as state:
            assert state.incidents() == made.incidents
            assert state.roots("slack", NOW) == ()
            versions = [row["version"] for row in state.rows("select version from schema_version")]
            assert versions == list(range(1, VERSION + 1))


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root writes everywhere; the test must not."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


@pytest.mark.parametrize("writing", [False, True], ids=["nobody writes", "somebody else has it open"])
def test_a_home_that_may_not_be_written_is_read(writing: bool, tmp_path: Path) -> None:
    path, made = tmp_path / FILE, decision()
    with State(path) as state:
        state.record(made, [], NOW)
    for parent in tmp_path.parents:
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o711)
    tmp_path.chmod(0o755)
    with State(path) if writing else nullcontext():
        for file in (tmp_path, *tmp_path.iterdir()):
            file.chmod(0o555)
        try:
            with as_nobody(), State(path) as state:
                assert state.incidents() == made.incidents
                with pytest.raises(LedgerError, match="run this where the home may be written"):
                    state.acknowledge(made.incidents[0].id, "ana", NOW)
        finally:
            for file in (tmp_path, *tmp_path.iterdir()):
                file.chmod(0o755)


def test_who_reads_waits_for_no_writer(tmp_path: Path) -> None:
    path, made = tmp_path / FILE, decision()
    with State(path) as writer:
        writer.record(made, [], NOW)
        with writer.exclusive(), State(path) as reader:
            assert reader.incidents() == made.incidents


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param(
            b"this is no database, whatever its name is" * 100,
            "not a database; restore it, or move",
            id="not SQLite",
        ),
        pytest.param(None, "unable to open", id="no such directory"),
    ],
)
def test_an_unusable_file_says_which_and_what_to_do(content: bytes | None, text: str, tmp_path: Path) -> None:
    path = tmp_path / ("home" if content is None else "") / FILE
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LedgerError, match=text) as caught, State(path):
        pass
    assert str(path) in str(caught.value)


def test_a_file_that_has_no_room_stays_where_it_is(state: State) -> None:
    state.record(decision(), [], NOW)
    (pages,) = state.rows("pragma page_count")
    state.execute(f"pragma max_page_count = {pages['page_count']}")
    with pytest.raises(LedgerError, match="disk is full; leave the file where it is, make room"):
        state.plan("workload" * 100_000, LATER, "ana", NOW)


def test_a_full_disk_does_not_ask_for_the_state_to_be_moved(home: Home) -> None:
    with State(home.path / FILE) as state:
        state.record(decision(), [], NOW)
    done = home.run("incidents", "list", largest_file=100)
    assert done.returncode == 2
    assert re.fullmatch(
        r"finops: .*state\.sqlite: .*; leave the file where it is, make room .*\n", done.stderr
    )


def run(path: Path, sql: str, *values: str) -> None:
    """What somebody, or a bad disk, does to the file behind our back."""
    with closing(sqlite3.connect(path)) as con, con:
        con.execute(sql, values)


@pytest.mark.parametrize("damage", ["{}", "no JSON", ""])
def test_an_unreadable_incident_stops_no_other_and_says_how_to_go_on(damage: str, state: State) -> None:
    one, other = decision(finding("a"), finding("b")).incidents
    state.record(decision(finding("a"), finding("b")), [], NOW)
    run(state.path, "update incidents set value = ? where id = ?", damage, one.id)
    assert state.incidents() == (other,)
    assert list(state.unreadable()) == [f"incident {one.id}"]
    with pytest.raises(LedgerError, match=f"cannot read incident {one.id}: .* restore the file") as caught:
        state.acknowledge(one.id, "ana", NOW)
    run(state.path, str(caught.value).split('"')[1])
    assert (state.unreadable(), state.incidents()) == ({}, (other,))


@pytest.mark.parametrize("damage", ["{}", "no JSON", ""])
def test_an_unreadable_message_stops_no_other_and_says_how_to_go_on(damage: str, state: State) -> None:
    made = decision(finding("a"), finding("b"))
    state.record(made, messages(made), NOW)
    first, second = (pending.message for pending in state.pending("slack", NOW))
    run(state.path, "update deliveries set message = ? where key = ?", damage, first.key)
    assert [pending.message for pending in state.pending("slack", NOW)] == [second]
    state.sent(second.key, "slack", "17.1", NOW)
    assert state.threads("slack", second.notices[0].incident.id) == ("17.1",)
    ((name, error),) = state.unreadable().items()
    assert name == "message 1"
    assert not state.waiting(LATER), "it is never sent"
    run(state.path, error.split('"')[1])
    assert state.unreadable() == {}


def test_the_last_day_of_each_rule_is_kept_and_never_goes_back(state: State) -> None:
    state.record(Decision(), [], NOW, {"spend_spike": date(2026, 11, 17), "budget": date(2026, 11, 16)})
    state.record(Decision(), [], NOW, {"spend_spike": date(2026, 11, 3)})
    state.record(Decision(), [], NOW, {"budget": date(2026, 11, 18)})
    assert state.evaluated() == {"budget": date(2026, 11, 18), "spend_spike": date(2026, 11, 17)}


def test_a_day_is_not_kept_when_its_news_is_not(state: State) -> None:
    def outbox() -> Iterator[tuple[str, Message]]:
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        state.record(decision(), outbox(), NOW, {"spend_spike": date(2026, 11, 17)})
    assert state.evaluated() == {}


def test_an_instant_without_a_zone_is_refused(state: State) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        state.plan("x", NOW.replace(tzinfo=None), "ana", NOW)
    assert state.planned() == ()


def test_senders_take_turns(state: State) -> None:
    lock = state.path.with_suffix(".lock")
    with state.sending(), lock.open("ab") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
