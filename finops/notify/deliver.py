"""One message to one channel: brought up to date, addressed, sent, marked as sent, with its picture after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

from finops.channels import Channel
from finops.errors import DeliveryError, LedgerError
from finops.model import Incident, Message
from finops.notify.outcome import Outcome
from finops.notify.owners import Knows, addressed
from finops.notify.patience import again
from finops.notify.redraw import current, shown
from finops.state.outbox import Pending
from finops.state.store import State


@runtime_checkable
class Attaches(Protocol):
    def attach(self, message: Message, ref: str) -> None:
        """Add the picture to what `send` has sent; DeliveryError as `send` raises it."""


@runtime_checkable
class Moves(Protocol):
    def stands(self, ref: str) -> bool:
        """Whether a message that `send` returned this of is where the channel sends to now."""


def deliver(
    state: State,
    channel: Channel,
    pending: Pending,
    known: Mapping[str, Incident],
    attempts: int,
    now: datetime,
) -> Outcome:
    """`attempts`: how often the channel failed before, over all that waits for it."""
    name, message = pending.channel, _prepared(state, channel, pending, known)
    ids = tuple(notice.incident.id for notice in message.notices)
    message, unknown, lacking = _called(state, channel, message, now)
    outcome = Outcome(
        channel=name,
        key=message.key,
        headline=message.headline,
        incidents=ids,
        called=message.owners,
        unknown=unknown,
    )
    try:
        ref = channel.send(message)
    except DeliveryError as exc:
        retry_at = again(exc, pending, attempts, now)
        return outcome.model_copy(update={"error": str(exc), "retry_at": retry_at, "left": exc.left})
    except Exception as exc:  # noqa: BLE001  one message that cannot be laid out must not stop the rest
        return outcome.model_copy(update={"error": f"{type(exc).__name__}: {exc}"})
    state.sent(message.key, name, ref, now, None if message.thread else shown(message), message.owners)
    notes = [note for note in (lacking, _attached(channel, message, ref)) if note]
    return outcome.model_copy(update={"note": "; ".join(notes) or None})


def _called(
    state: State, channel: Channel, message: Message, now: datetime
) -> tuple[Message, dict[str, str], str | None]:
    """With its owners, those who are unknown, and why it calls nobody: to look somebody up never costs the words."""
    if not isinstance(channel, Knows):
        return message, {}, None
    try:
        return *addressed(state, channel, message, now), None
    except LedgerError:
        raise  # of the state, not of the message
    except Exception as exc:  # noqa: BLE001  one owner who cannot be looked up must not stop the rest
        return message, {}, f"sent without calling its owners: {type(exc).__name__}: {exc}"


def _attached(channel: Channel, message: Message, ref: str | None) -> str | None:
    """After the message is on record as sent: a picture never costs the words."""
    if ref is None or not isinstance(channel, Attaches):
        return None
    try:
        channel.attach(message, ref)
    except DeliveryError as exc:
        return f"sent without its chart: {str(exc).removesuffix('; it is tried again')}"
    except Exception as exc:  # noqa: BLE001  one picture that cannot be drawn must not stop the rest
        return f"sent without its chart: {type(exc).__name__}: {exc}"
    return None


def _prepared(state: State, channel: Channel, pending: Pending, known: Mapping[str, Incident]) -> Message:
    """With the thread that it belongs to, and the answers given since it was written. A channel that was moved
    begins a thread of its own where it is now."""
    message = current(pending.message, known)
    if len(message.notices) != 1:
        return message
    told = state.threads(pending.channel, message.notices[0].incident.id)
    here = (ref for ref in told if not isinstance(channel, Moves) or channel.stands(ref))
    return message.model_copy(update={"thread": next(here, None)})
