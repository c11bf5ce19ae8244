from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr
from scripted_server import Scripted

from finops.answers.actions import handle, parse, verify
from finops.answers.press import hear, say_back
from finops.channels import Slack
from finops.errors import SourceError
from finops.incidents.machine import Policy, decide
from finops.messages.compose import compose
from finops.model import Finding
from finops.notify.send import send_pending
from finops.state.store import FILE, State

NOW = datetime(2026, 11, 18, 6, tzinfo=UTC)
# Slack's own example: docs.slack.dev/authentication/verifying-requests-from-slack
EXAMPLE_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
EXAMPLE_AT = datetime.fromtimestamp(1531420618, UTC)
EXAMPLE_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
    b"%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
EXAMPLE_SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / FILE) as opened:
        yield opened


def incident(state: State, subject: str = "search-api") -> str:
    found = Finding(
        rule="spend_spike", title="Spend jumped", severity="warn", subject=subject, day=date(2026, 11, 17),
        usd=Decimal(100), summary=f"{subject} jumped", workload=subject,
    )  # fmt: skip
    made = decide([], [found], {}, NOW, Policy())
    state.record(made, [("slack", message) for message in compose(made.notices, 5)], NOW)
    return made.notices[0].incident.id


def press(action: str, value: str, *, at: str = "1763446200.1", user: str = "U1", name: str = "ana") -> Any:
    return {
        "type": "block_actions",
        "user": {"id": user, "username": name, "team_id": "T1"},
        "api_app_id": "A1",
        "container": {"type": "message", "message_ts": "17.1", "channel_id": "C1"},
        "channel": {"id": "C1", "name": "costs"},
        "message": {"type": "message", "ts": "17.1"},
        "actions": [
            {
                "type": "button", "block_id": f"finops_{value}", "action_id": f"finops_{action}",
                "value": value, "action_ts": at,
            }
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "valid"),
    [
        pytest.param({}, True, id="Slack's own example"),
        pytest.param({"now": EXAMPLE_AT + timedelta(minutes=5)}, True, id="five minutes old"),
        pytest.param({"now": EXAMPLE_AT + timedelta(minutes=5, seconds=1)}, False, id="older: replayed"),
        pytest.param({"now": EXAMPLE_AT - timedelta(minutes=6)}, False, id="from the future"),
        pytest.param({"body": EXAMPLE_BODY + b"x"}, False, id="another body"),
        pytest.param({"body": b""}, False, id="no body"),
        pytest.param({"secret": "other"}, False, id="another secret"),
        pytest.param({"signature": ""}, False, id="no signature"),
        pytest.param({"signature": "v0=é"}, False, id="no hex"),
        pytest.param({"timestamp": ""}, False, id="no time"),
        pytest.param({"timestamp": "now"}, False, id="no number"),
        pytest.param({"timestamp": "٣"}, False, id="digits of another script"),
        pytest.param({"timestamp": "9" * 400}, False, id="a number beyond any"),
    ],
)
def test_verify(change: dict[str, Any], valid: bool) -> None:
    given: dict[str, Any] = {
        "secret": EXAMPLE_SECRET, "timestamp": "1531420618", "body": EXAMPLE_BODY,
        "signature": EXAMPLE_SIGNATURE, "now": EXAMPLE_AT,
    }  # fmt: skip
    assert verify(**{**given, **change}) is valid


DEEP = b"payload=" + b"[" * 100_000


def test_a_body_is_signed_as_it_came() -> None:
    body = urlencode({"payload": json.dumps(press("ack", "abc", name="Zoë"))}).encode()
    at = str(int(NOW.timestamp()))
    signature = "v0=" + hmac.new(b"s", b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
    assert verify("s", at, body, signature, NOW)
    assert parse(body)["user"]["username"] == "Zoë"


@pytest.mark.parametrize(
    "body",
    [b"", b"payload=", b"payload={", b"payload=[]", b"other=1", b"\xff=\xff", DEEP],
    ids=["nothing", "empty", "cut", "a list", "another", "no text", "nested without end"],
)
def test_what_is_no_payload_is_refused(body: bytes) -> None:
    with pytest.raises(SourceError, match="payload"):
        parse(body)


@pytest.mark.parametrize(
    ("action", "expected", "until", "text"),
    [
        pytest.param("ack", "acknowledged", None, "is yours: silent until its severity rises", id="ack"),
        pytest.param("snooze_1", "snoozed", NOW + timedelta(days=1), "silent until 2026-11-19 06:00Z", id="a day"),
        pytest.param("snooze_7", "snoozed", NOW + timedelta(days=7), "silent until 2026-11-25 06:00Z", id="a week"),
        pytest.param(
            "planned_7", "planned", datetime(2026, 11, 26, tzinfo=UTC), "planned through 2026-11-25", id="planned"
        ),
        pytest.param("not_anomaly", "acknowledged", None, "is no anomaly", id="not an anomaly"),
        pytest.param("show", "open", None, "[WARN] search-api jumped ($100.00)\nopen\n", id="show"),
        pytest.param("dance", "open", None, "another version", id="a button of another version"),
    ],
)  # fmt: skip
def test_what_a_button_does(
    action: str, expected: str, until: datetime | None, text: str, state: State
) -> None:
    one = incident(state)
    reply = handle(press(action, one), state, NOW)
    assert reply is not None
    assert text in reply.text
    after = state.incident(one)
    assert (after.state, after.until) == (expected, until)
    assert reply.changed is (expected != "open")
    if reply.changed:
        assert after.by == "ana (U1)"
        assert state.history(one)[-1].by == "ana (U1)", "who pressed is recorded"


def test_an_id_that_is_none_is_not_said_back_at_length(state: State) -> None:
    reply = handle(press("ack", "x" * 5000), state, NOW)
    assert reply is not None
    assert "is not on file" in reply.text
    assert len(reply.text + reply.incident) < 200


def test_a_press_that_slack_repeats_counts_once(state: State) -> None:
    one = incident(state)
    for _ in range(3):
        handle(press("snooze_1", one), state, NOW)
    assert [event.event for event in state.history(one)] == ["opened", "snoozed"]


def test_a_later_press_counts_again(state: State) -> None:
    one = incident(state)
    handle(press("snooze_1", one), state, NOW)
    handle(press("snooze_7", one, at="1763446300.2", user="U2", name="bo"), state, NOW)
    after = state.incident(one)
    assert (after.until, after.by) == (NOW + timedelta(days=7), "bo (U2)")


def test_two_people_acknowledge_one_is_told_who_was_first(state: State) -> None:
    one = incident(state)
    handle(press("ack", one), state, NOW)
    reply = handle(press("ack", one, at="1763446300.2", user="U2", name="bo"), state, NOW)
    assert reply is not None
    assert "acknowledged by ana (U1) already" in reply.text
    assert state.incident(one).by == "ana (U1)"


def test_an_incident_that_is_over_takes_no_answer_but_a_verdict(state: State) -> None:
    one = incident(state)
    state.record(decide(
        state.incidents(), [], {}, NOW, Policy(),
    ), [], NOW)  # fmt: skip
    for day in (18, 19, 20):
        at = datetime(2026, 11, day + 1, 6, tzinfo=UTC)
        state.record(
            decide(state.incidents(), [], {"spend_spike": date(2026, 11, day)}, at, Policy()), [], at
        )
    reply = handle(press("ack", one), state, NOW)
    assert reply is not None
    assert (reply.text, reply.changed) == (
        f"Incident {one} is over: resolved 2026-11-21 06:00Z. Nothing to answer.",
        False,
    )
    judged = handle(press("not_anomaly", one), state, NOW)
    assert judged is not None
    assert judged.text == f"Noted: incident {one}, which is over, was no anomaly."
    (said,) = state.feedback()
    assert (said.incident, said.rule, said.subject, said.verdict, said.by) == (
        one, "spend_spike", "search-api", "not-an-anomaly", "ana (U1)",
    )  # fmt: skip
    assert state.incident(one).state == "resolved"


@pytest.mark.parametrize("value", ["", "zzzzzz", "'; drop table incidents; --"])
def test_an_unknown_incident_is_answered_politely(value: str, state: State) -> None:
    reply = handle(press("ack", value), state, NOW)
    assert reply is not None
    assert "not on file any more; nothing was done" in reply.text


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param({"type": "view_submission"}, id="no press"),
        pytest.param({"type": "block_actions", "user": {"id": "U1"}, "actions": []}, id="no action"),
        pytest.param(
            {"type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": "deploy"}]},
            id="another app's",
        ),
    ],
)
def test_what_is_not_ours_is_left_alone(payload: dict[str, Any], state: State) -> None:
    assert handle(payload, state, NOW) is None


@pytest.mark.parametrize("user", [None, {}, "ana"])
def test_a_press_without_a_person_is_refused(user: Any, state: State) -> None:
    with pytest.raises(SourceError, match="user"):
        handle({"type": "block_actions", "user": user, "actions": []}, state, NOW)


def test_a_hostile_name_stays_one_line_of_plain_words(state: State) -> None:
    one = incident(state)
    handle(press("ack", one, name="<!channel>\n*x*\u202e" + "y" * 200), state, NOW)
    by = state.incident(one).by or ""
    assert "\n" not in by
    assert "\u202e" not in by
    assert len(by) < 80


def test_a_press_is_said_back_and_seen_by_all(tmp_path: Path, server: Scripted) -> None:
    server.will((200, {}, {"ok": True, "ts": "17.1", "channel": "C1"}))
    channels: dict[str, Any] = {
        "slack": Slack(
            token=SecretStr("xoxb-1"), app_token=SecretStr("xapp-1"), channel="C1", api_url=server.url, pace_seconds=0
        )
    }  # fmt: skip
    with State(tmp_path / FILE) as state:
        one = incident(state, "<!here>")
        send_pending(state, channels, NOW)
    reply = hear(press("planned_7", one), tmp_path, NOW)
    assert reply is not None
    assert say_back(reply, tmp_path, channels, NOW) == []
    (_, _, posted), (whispered_to, _, whispered), (updated_to, _, updated) = server.requests
    assert (whispered_to, updated_to) == ("/chat.postEphemeral", "/chat.update")
    said = json.loads(whispered)
    assert (said["user"], said["channel"]) == ("U1", "C1")
    assert "<!here>" not in said["text"]
    assert "Planned until" not in posted.decode()
    assert "*Planned until 2026-11-26 00:00Z by ana (U1)*" in updated.decode()


def test_what_cannot_be_shown_is_said_and_the_answer_stands(tmp_path: Path, server: Scripted) -> None:
    server.will((200, {}, {"ok": False, "error": "invalid_auth"}))
    slack = Slack(token=SecretStr("xoxb-1"), channel="C1", api_url=server.url, pace_seconds=0)
    with State(tmp_path / FILE) as state:
        one = incident(state)
    reply = hear(press("ack", one), tmp_path, NOW)
    assert reply is not None
    (fault,) = say_back(reply, tmp_path, {"slack": slack}, NOW)
    assert fault.startswith("slack: invalid_auth")
    with State(tmp_path / FILE) as state:
        assert state.incident(one).state == "acknowledged"
