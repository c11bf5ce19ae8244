"""Notices into messages: one each, or many in one, each with the key under which it is sent once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from finops.messages.headline import OVER, Tone, headline, tone
from finops.messages.text import instant
from finops.model import Message, Notice

LATE = "late-"  # how the key of such a message begins


def compose(
    notices: Sequence[Notice],
    group_above: int,
    generation: int | None = None,
    settled_through: date | None = None,
) -> tuple[Message, ...]:
    """One message a notice. When there are more than `group_above`, pages keep their own unless they are
    that many themselves, and one message tells all the others."""
    alone = [notice for notice in notices if len(notices) <= group_above or tone(notice) == "page"]
    if len(alone) > group_above:
        alone = []
    rest = tuple(notice for notice in notices if notice not in alone)
    together = [*((notice,) for notice in alone), *([rest] if rest else [])]
    return tuple(
        Message(
            key=_key(some),
            notices=some,
            headline=headline(some[0]) if len(some) == 1 else _counters(some),
            generation=generation,
            settled_through=settled_through,
        )
        for some in together
    )


def late(messages: Sequence[Message], since: datetime) -> Message:
    """One for all that a channel did not take for a day: the latest news of each incident, most dollars first."""
    told = sorted((notice for message in messages for notice in message.notices), key=_moment)
    latest = {notice.incident.id: notice for notice in told}
    notices = sorted(latest.values(), key=lambda one: one.incident.peak_usd or Decimal(0), reverse=True)
    digest = hashlib.sha256(" ".join(message.key for message in messages).encode()).hexdigest()[:16]
    last, words = messages[-1], _counters(notices) if len(notices) > 1 else headline(notices[0])
    return Message(
        key=f"{LATE}{digest}",
        notices=tuple(notices),
        headline=f"Not taken here since {instant(since)}: {words}",
        generation=last.generation,
        settled_through=last.settled_through,
    )


def _key(notices: Sequence[Notice]) -> str:
    """Readable for one; for a group, a digest of its members."""
    keys = [f"{notice.incident.id}-{notice.reason}-{_moment(notice):%Y%m%dT%H%M%SZ}" for notice in notices]
    if len(keys) == 1:
        return keys[0]
    return f"group-{hashlib.sha256(' '.join(keys).encode()).hexdigest()[:16]}"


def _moment(notice: Notice) -> datetime:
    incident = notice.incident
    ended = incident.resolved_at if notice.reason in OVER else incident.notified_at
    return (ended or incident.opened_at).astimezone(UTC)


def _counters(notices: Sequence[Notice]) -> str:
    counts = Counter(tone(notice) for notice in notices)
    order: tuple[Tone, ...] = ("page", "warn", "info", "resolved")
    parts = " · ".join(f"{counts[level]} {level}" for level in order if counts[level])
    return f"{len(notices)} incidents: {parts}"
