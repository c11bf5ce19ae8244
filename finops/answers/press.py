"""A press of a button in Slack, from the payload to what everybody sees: recorded, said back, drawn anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from finops.answers.actions import Reply, handle
from finops.channels import Channel, Slack
from finops.errors import DeliveryError
from finops.notify.send import draw_anew
from finops.state.store import FILE, State


def hear(payload: Mapping[str, Any], home: Path, now: datetime) -> Reply | None:
    """Quick, and all that must have happened before Slack is told that it was heard."""
    with State(home / FILE) as state:
        return handle(payload, state, now)


def say_back(reply: Reply, home: Path, channels: Mapping[str, Channel], now: datetime) -> list[str]:
    """Say it to who pressed, and draw the messages anew. What could not be shown; the answer stands anyway."""
    faults: list[str] = []
    with_token = [one for one in channels.values() if isinstance(one, Slack) and one.token]
    for slack in with_token[:1]:
        try:
            slack.whisper(reply.text, reply.user, reply.channel, reply.thread)
        except DeliveryError as exc:
            faults.append(f"slack: {exc}")
    if reply.changed:
        with State(home / FILE) as state:
            faults += [f"{one.channel}: {one.error}" for one in draw_anew(state, channels, now)]
    return faults
