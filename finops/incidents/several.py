"""What several findings of one subject come to: which of them leads, their peak, their incident's id."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

from finops.model import SEVERITIES, Finding, Severity


def leading(found: Sequence[Finding]) -> Finding:
    """Of one day's several, the worst and dearest."""
    return max(found, key=lambda one: (one.day, rank(one.severity), one.usd or Decimal(0), one.summary))


def peak(found: Sequence[Finding], known: Decimal | None = None) -> Decimal | None:
    dollars = [finding.usd for finding in found if finding.usd is not None]
    return max(dollars if known is None else [*dollars, known], default=None)


def rank(severity: Severity | None) -> int:
    return -1 if severity is None else SEVERITIES.index(severity)


def identify(rule: str, subject: str, first_day: date, taken: Collection[str]) -> str:
    """Six hex digits are enough to type; two incidents never share them, however many there are."""
    digest = hashlib.sha256(f"{rule}\n{subject}\n{first_day}".encode()).hexdigest()
    return next(digest[:length] for length in range(6, 65) if digest[:length] not in taken)
