"""A channel that keeps what it was sent, and something to send."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from finops.channels import Channel
from finops.channels.audience import Audience
from finops.errors import DeliveryError
from finops.incidents.machine import Policy
from finops.model import Decision, Finding, Message, Severity, Window
from finops.notify.record import record
from finops.state.store import State

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


def note(
    state: State,
    to: dict[str, Channel],
    *found: Finding,
    now: datetime = NOW,
    planned: Sequence[Window] = (),
) -> Decision:
    evaluated = {"spend_spike": now.date() - timedelta(days=1)}
    return record(state, found, evaluated, now, Policy(), to, planned=planned)
