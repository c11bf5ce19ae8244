"""Messages that stand in a channel, drawn anew when an incident is answered, billed or over.

What is to be shown is compared with what was shown, so a redraw that failed, or was never tried, is made up for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from finops.errors import DeliveryError
from finops.messages.standing import standing
from finops.model import SEVERITIES, Incident, Message, Notice
from finops.state.store import State

KEPT = timedelta(days=90)  # older messages are left as they are
ANSWERS = ("state", "until", "by", "resolved_at", "billed")


@runtime_checkable
class Redraws(Protocol):
    def redraw(self, message: Message, ref: str) -> None:
        """`ref` is what `send` returned. A message that is gone is no error; DeliveryError as `send` raises it."""


def current(message: Message, incidents: Mapping[str, Incident]) -> Message:
    """What it told, with the answers that its incidents have by now."""
    notices = tuple(_answered(notice, incidents.get(notice.incident.id)) for notice in message.notices)
    return message.model_copy(update={"notices": notices})


def _answered(notice: Notice, now: Incident | None) -> Notice:
    if now is None or notice.reason == "resolved":
        return notice
    answers = {name: getattr(now, name) for name in ANSWERS}
    if now.state == "planned" and now.aloud:  # the plan was there before; it says nothing of what was told
        answers |= {"state": "open", "until": None, "by": None}
    worst = now.notified_severity or now.severity
    answers["severity"] = max(notice.incident.severity, worst, key=SEVERITIES.index)
    return notice.model_copy(update={"incident": notice.incident.model_copy(update=answers)})


def shown(message: Message) -> str:
    """Whatever a drawing depends on."""
    incidents = (notice.incident for notice in message.notices)
    return "\n".join(f"{one.severity} {standing(one)}".rstrip() for one in incidents)


def redraw(state: State, name: str, channel: Redraws, now: datetime) -> str | None:
    """Draw what stands otherwise than it is shown. Why it could not, or None; the next run goes on from there."""
    incidents = {incident.id: incident for incident in state.incidents()}
    for root in state.roots(name, now - KEPT):
        message = current(root.message, incidents)
        if shown(message) == root.shown:
            continue
        try:
            channel.redraw(message, root.ref)
        except DeliveryError as exc:
            return str(exc)
        state.drawn(message.key, name, shown(message), now)
    return None
