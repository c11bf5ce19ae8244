"""Dollars as people read them."""

from __future__ import annotations

from decimal import Decimal


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
    return ">+999%" if share > 999 else f"{share:+}%" if share else "0%"
