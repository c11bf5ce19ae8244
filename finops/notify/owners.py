"""Whom to call for an incident's team: `[owners]` in finops.toml, by the ids that the channel knows people under.

Only what is new and bad calls anybody. An address that the channel does not know is written out instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from finops.errors import DeliveryError
from finops.model import Message, Notice, Reason, at_least
from finops.state.store import State

OWNER = r"^([UWS][A-Z0-9]{7,}|[^@\s<>|&]+@[^@\s<>|&]+\.[^@\s<>|&]+)$"
CALLS: tuple[Reason, ...] = ("opened", "reopened", "escalated", "reminder")
CALLED = 10  # a message calls so many at most
KNOWN_FOR, UNKNOWN_FOR = timedelta(days=30), timedelta(days=1)  # people come and go


@runtime_checkable
class Knows(Protocol):
    @property
    def owners(self) -> Mapping[str, str]:
        """Team -> an id of the channel's own, or an e-mail address."""

    def find(self, address: str) -> str | None:
        """The id of whoever has this address, None where nobody has; DeliveryError as `send` raises it."""


def addressed(
    state: State, channel: Knows, message: Message, now: datetime
) -> tuple[Message, dict[str, str]]:
    """The message with whom it calls, and the addresses that it could not find, each with the reason."""
    teams = dict.fromkeys(one.incident.finding.team for one in message.notices if _calls(one))
    owners = dict.fromkeys(channel.owners[team] for team in teams if team and team in channel.owners)
    called, unknown = [], {}
    for owner in list(owners)[:CALLED]:
        try:
            found = _found(state, channel, owner, now) if "@" in owner else owner
            why = "nobody there has this address"
        except DeliveryError as exc:
            found, why = None, str(exc)
            if exc.retry:
                called.append(owner)
                continue
        called.append(found or owner)
        if found is None:
            unknown[owner] = why
    return message.model_copy(update={"owners": tuple(called)}), unknown


def _calls(notice: Notice) -> bool:
    incident = notice.incident
    return notice.reason in CALLS and incident.state == "open" and at_least(incident.severity, "warn")


def _found(state: State, channel: Knows, address: str, now: datetime) -> str | None:
    known = state.person(address)
    if known is not None and now - known.at < (KNOWN_FOR if known.id else UNKNOWN_FOR):
        return known.id
    found = channel.find(address)
    state.meet(address, found, now)
    return found
