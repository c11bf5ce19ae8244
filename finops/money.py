"""Dollars and shares as people read them."""

from __future__ import annotations

import re
from decimal import Decimal

MOST = 10  # a larger ratio is no percentage any more
_PERCENT = re.compile(r"(?<![\w.,-])(?P<grown>\+?)(?P<number>\d[\d,]*(\.\d+)?)%(?!\w)")


def to_the_cent(amount: Decimal) -> str:
    """`$82,172.15`, `-$500.00`: for sums that are compared digit by digit."""
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


def usd(amount: Decimal) -> str:
    """`$57,312`, `$12.40`, `-$3.10`, `<$0.01`: as many digits as a person compares."""
    size = abs(amount)
    sign = "-" if amount < 0 else ""
    if 0 < size < Decimal("0.01"):
        return f"{sign}<$0.01"
    return f"{sign}${size:,.0f}" if size >= 1000 else f"{sign}${size:,.2f}"


def change(now: Decimal, before: Decimal | None) -> str:
    """`+240%`; blank where either is unknown or under a dollar."""
    if before is None or min(now, before) < 1:
        return ""
    share = round((now / before - 1) * 100)
    return in_times(f"{share:+}%") if share else "0%"


def percent(ratio: Decimal | float, digits: int = 0) -> str:
    """`59%`, `2,330 times`."""
    return in_times(f"{ratio:.{digits}%}")


def in_times(words: str) -> str:
    """The same words; what is beyond 1000% in them is so many times: `232980%`, and what grew by that, `+232880%`."""
    return _PERCENT.sub(_times, words)


def _times(found: re.Match[str]) -> str:
    share = Decimal(found["number"].replace(",", "")) / 100
    return f"{share + bool(found['grown']):,.0f} times" if share > MOST else found[0]
