"""What people press in Slack: proven to come from Slack, done once, answered politely.

Slack repeats what is not acknowledged within three seconds, so a press has a key and counts once.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qs

from pydantic import BaseModel, ValidationError

from finops.channels.slack.buttons import ACTIONS, PREFIX, Action
from finops.errors import ConfigError, SourceError
from finops.messages.headline import headline
from finops.messages.standing import standing
from finops.messages.text import cut, one_line
from finops.model import Incident, Notice, Value
from finops.state.store import State

WINDOW = timedelta(minutes=5)
NAME = 60  # characters of a person's name, or of what is said to be an id
EVENTS = 8  # latest ones that `show` tells


class Reply(Value):
    """What only who pressed it reads, and where. Plain words, some of them from tags: to be escaped."""

    text: str
    user: str
    channel: str | None
    thread: str | None
    incident: str
    changed: bool  # messages are to be drawn anew


class _Id(BaseModel):
    id: str


class _User(_Id):
    username: str = ""
    name: str = ""


class _Action(BaseModel):
    action_id: str = ""
    value: str = ""
    action_ts: str = ""


class _Message(BaseModel):
    thread_ts: str | None = None


class _Press(BaseModel):
    """The part of Slack's `block_actions` that we read; all else may change."""

    user: _User
    actions: tuple[_Action, ...]
    channel: _Id | None = None
    message: _Message = _Message()


def verify(secret: str, timestamp: str, body: bytes, signature: str, now: datetime) -> bool:
    """Whether Slack signed this body within five minutes of now: `X-Slack-Request-Timestamp`, `X-Slack-Signature`."""
    if not (timestamp.isascii() and timestamp.isdecimal()) or len(timestamp) > 12:
        return False
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        return False
    signed = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256)
    return hmac.compare_digest(f"v0={signed.hexdigest()}".encode(), signature.encode())


def parse(body: bytes) -> dict[str, Any]:
    """The payload in the form that Slack posts. SourceError where there is none."""
    try:
        (text,) = parse_qs(body.decode(), strict_parsing=True)["payload"]
        payload = json.loads(text)
    except (ValueError, KeyError, RecursionError) as exc:
        raise SourceError("Slack's request holds no `payload` of JSON") from exc
    if not isinstance(payload, dict):
        raise SourceError("Slack's `payload` is no object")
    return payload


def handle(payload: Mapping[str, Any], state: State, now: datetime) -> Reply | None:
    """Do what was pressed, and say so. None where it is none of our buttons."""
    if payload.get("type") != "block_actions":
        return None
    try:
        press = _Press.model_validate(payload)
    except ValidationError as exc:
        raise SourceError(f"Slack's block_actions cannot be read: {exc.errors()[0]['loc']}") from exc
    ours = [action for action in press.actions if action.action_id.startswith(PREFIX)]
    if not ours:
        return None
    text, changed = _done(ours[0], press.user, state, now)
    return Reply(
        text=text,
        user=press.user.id,
        channel=press.channel.id if press.channel else None,
        thread=press.message.thread_ts,
        incident=cut(ours[0].value, NAME),
        changed=changed,
    )


def _done(action: _Action, user: _User, state: State, now: datetime) -> tuple[str, bool]:
    name = action.action_id.removeprefix(PREFIX)
    wanted = next((one for one in ACTIONS if one == name), None)
    if wanted is None:
        return "This button is of another version of finops; use `finops incidents`.", False
    key = " ".join((action.action_ts, name, action.value, user.id))
    with state.answering():
        try:
            incident = state.incident(action.value)
        except ConfigError:
            return (
                f"Incident {cut(one_line(action.value), NAME)} is not on file any more; nothing was done.",
                False,
            )
        if wanted == "show":
            return _told(incident, state), False
        if incident.state == "resolved" and wanted != "not_anomaly":
            return f"Incident {incident.id} is over: {standing(incident)}. Nothing to answer.", False
        if not state.press(key, now):
            return f"Incident {incident.id} has that already: {standing(incident)}.", False
        return DO[wanted](state, incident, _name(user), now), True


def _name(user: _User) -> str:
    """The id as well: names in Slack are whatever people call themselves."""
    name = cut(one_line(user.username or user.name), NAME)
    return f"{name} ({one_line(user.id)})" if name else one_line(user.id)


def _ack(state: State, incident: Incident, by: str, now: datetime) -> str:
    if incident.state == "acknowledged":
        return f"Incident {incident.id} is {standing(incident)} already."
    state.acknowledge(incident.id, by, now)
    return f"Incident {incident.id} is yours: silent until its severity rises, or it is over."


def _snooze(days: int) -> Callable[[State, Incident, str, datetime], str]:
    def snooze(state: State, incident: Incident, by: str, now: datetime) -> str:
        until = now + timedelta(days=days)
        state.snooze(incident.id, until, by, now)
        return f"Incident {incident.id} is silent until {until:%Y-%m-%d %H:%MZ}."

    return snooze


def _plan(state: State, incident: Incident, by: str, now: datetime) -> str:
    last = now.astimezone(UTC).date() + timedelta(days=7)
    until = datetime.combine(last + timedelta(days=1), time(), UTC)
    muted = state.plan(incident.id, until, by, now)
    return (
        f"{one_line(incident.subject)} is planned through {last}; silent now: {', '.join(one.id for one in muted)}."
        f" Another day: finops incidents plan {incident.id} --until YYYY-MM-DD"
    )


def _not_anomaly(state: State, incident: Incident, by: str, now: datetime) -> str:
    state.judge(incident.id, "not-an-anomaly", by, now)
    if incident.state == "resolved":
        return f"Noted: incident {incident.id}, which is over, was no anomaly."
    if incident.state == "open":
        state.acknowledge(incident.id, by, now)
    return f"Noted: incident {incident.id} is no anomaly; it stays silent unless its severity rises."


DO: dict[Action, Callable[[State, Incident, str, datetime], str]] = {
    "ack": _ack,
    "snooze_1": _snooze(1),
    "snooze_7": _snooze(7),
    "planned_7": _plan,
    "not_anomaly": _not_anomaly,
}


def _told(incident: Incident, state: State) -> str:
    events = state.history(incident.id)[-EVENTS:]
    lines = [f"{event.at:%Y-%m-%d %H:%MZ} {event.event} {event.by or ''} {event.detail}" for event in events]
    first = headline(Notice(reason="opened", incident=incident))
    return "\n".join((first, standing(incident) or incident.state, *map(one_line, lines)))
