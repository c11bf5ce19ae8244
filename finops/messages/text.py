"""Text and figures out of findings, made fit to be shown.

Text from tags is hostile: each part is one line without control or invisible characters, so that no
tag value can forge a line, colour a terminal or turn the reading direction around.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

VALUE = 120  # of a field
UNTAGGED = "(untagged)"  # what has no name bears this one


def one_line(text: str | None) -> str:
    visible = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text or "")
    return " ".join(visible.split())


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def amount(text: str | None) -> Decimal | None:
    """NULL and what is no finite number are left out of the message; the finding keeps them."""
    try:
        value = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%MZ}"
