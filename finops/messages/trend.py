"""A series as one line of characters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

TREND_DAYS = 14
LEVELS = "▁▂▃▄▅▆▇"  # the full block would touch the line above
UNKNOWN_DAY = "·"


def trend(series: Sequence[tuple[date, Decimal]]) -> str:
    """The last fourteen days from zero to their highest; a day without a figure is a dot, not a zero."""
    if not series:
        return ""
    known, last = dict(series), max(day for day, _ in series)
    days = [last - timedelta(days=back) for back in reversed(range(TREND_DAYS))]
    top = max((known[day] for day in days if day in known), default=Decimal(0))
    return "".join(_level(known[day], top) if day in known else UNKNOWN_DAY for day in days)


def _level(amount: Decimal, top: Decimal) -> str:
    share = amount / top if top > 0 else Decimal(0)
    return LEVELS[max(0, round(share * (len(LEVELS) - 1)))]
