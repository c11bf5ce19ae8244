"""When a channel is asked again that did not take a message."""

from __future__ import annotations

from datetime import datetime, timedelta

from finops.errors import DeliveryError
from finops.state.outbox import Pending

BACKOFF = timedelta(minutes=1)  # doubled for each failure
LONGEST_BACKOFF = timedelta(hours=1)
MENDED_WITHIN = timedelta(days=7)


def again(fault: DeliveryError, pending: Pending, attempts: int, now: datetime) -> datetime | None:
    """When to try again. What somebody has to mend is tried every hour, and given up after a week."""
    if fault.retry:
        return now + _patience(attempts, fault.after)
    return now + LONGEST_BACKOFF if fault.mend and now - pending.created_at < MENDED_WITHIN else None


def _patience(attempts: int, asked: float | None) -> timedelta:
    """What the other side asked for, and at least our own back-off."""
    ours = min(BACKOFF * (1 << min(attempts, 10)), LONGEST_BACKOFF)
    return max(ours, timedelta(seconds=asked or 0))
