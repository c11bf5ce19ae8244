"""What several findings of one subject come to: which of them leads, their peak, the incident that they begin."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal

from finops.model import SEVERITIES, Finding, Incident, Severity


def leading(found: Sequence[Finding]) -> Finding:
    """The worst, and of several the latest and dearest."""
    return max(found, key=lambda one: (rank(one.severity), one.day, one.usd or Decimal(0), one.summary))


def peak(found: Sequence[Finding], known: Decimal | None = None) -> Decimal | None:
    dollars = [finding.usd for finding in found if finding.usd is not None]
    return max(dollars if known is None else [*dollars, known], default=None)


def rank(severity: Severity | None) -> int:
    return -1 if severity is None else SEVERITIES.index(severity)


def identify(rule: str, subject: str, first_day: date, taken: Collection[str]) -> str:
    """Six hex digits are enough to type; two incidents never share them, however many there are."""
    digest = hashlib.sha256(f"{rule}\n{subject}\n{first_day}".encode()).hexdigest()
    return next(digest[:length] for length in range(6, 65) if digest[:length] not in taken)


def opened(found: Sequence[Finding], now: datetime, taken: Collection[str]) -> Incident:
    first, first_day = leading(found), min(finding.day for finding in found)
    return Incident(
        id=identify(first.rule, first.subject, first_day, taken),
        rule=first.rule,
        subject=first.subject,
        state="open",
        severity=first.severity,
        opened_at=now,
        first_day=first_day,
        last_day=max(finding.day for finding in found),
        peak_usd=peak(found),
        finding=first,
    )


def continued(incident: Incident, found: Sequence[Finding], untold: Sequence[Finding]) -> Incident:
    """The worst of its new days leads, or of its last one found again, or what is worse than was told of any day."""
    if not found:
        return incident
    days = [finding.day for finding in found]
    new = [finding for finding in found if finding.day > incident.last_day]
    last = new or [finding for finding in found if finding.day == incident.last_day]
    replaced = bool(new) or (bool(last) and incident.finding.day == incident.last_day)
    lead = leading([*last, *untold, *([] if replaced else [incident.finding])])
    update: dict[str, object] = {"finding": lead, "severity": lead.severity}
    update |= {"first_day": min(incident.first_day, *days), "last_day": max(incident.last_day, *days)}
    update |= {"peak_usd": peak(found, incident.peak_usd)} | ({"quiet_days": 0} if new else {})
    return incident.model_copy(update=update)


def reopened(before: Incident, found: Sequence[Finding], now: datetime) -> Incident:
    """The same incident, but nobody has answered for this burst: who acknowledged it is asked again."""
    lead = leading(found)
    return before.model_copy(
        update={
            "state": "open",
            "severity": lead.severity,
            "last_day": max(finding.day for finding in found),
            "peak_usd": peak(found),
            "notified_at": None,
            "notified_usd": None,
            "notified_severity": None,
            "quiet_days": 0,
            "until": None,
            "by": None,
            "resolved_at": None,
            "reopened_at": now,
            "settled_day": before.last_day,
            "billed": None,
            "finding": lead,
        }
    )
