"""What somebody asked not to hear of: snoozed, or planned, until a time; and what they have heard. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from finops.incidents.several import leading, peak, rank
from finops.model import Finding, Incident, Window

MUTED = ("snoozed", "planned")


def held(incident: Incident, now: datetime) -> bool:
    return incident.state in MUTED and incident.until is not None and now < incident.until


def woken(incident: Incident, windows: Sequence[Window], now: datetime) -> Incident:
    """`until` stays: it says that silence ended after the last message, until there is another one. A plan that was
    taken back ends now, unless another one covers what is going on."""
    if incident.state not in MUTED or incident.until is None:
        return incident
    if incident.state == "planned" and not any(mutes(window, incident) for window in windows):
        return taken_back(incident, windows, now)
    if held(incident, now) or (incident.state == "planned" and incident.since < incident.until.date()):
        return incident
    return incident.model_copy(update={"state": "open", "by": None})


def taken_back(incident: Incident, windows: Sequence[Window], now: datetime) -> Incident:
    """It speaks again with the next finding, unless another plan covers it."""
    again = planned(incident, windows, now)
    if again is not incident:
        return again
    return incident.model_copy(update={"state": "open", "by": None, "until": min(incident.until or now, now)})


def planned(incident: Incident, windows: Sequence[Window], now: datetime) -> Incident:
    covering = [window for window in windows if window.covers(incident.finding, incident.last_day, now)]
    if not covering:
        return incident
    longest = max(covering, key=lambda window: window.until)
    update = {"state": "planned", "until": longest.until, "by": longest.by}
    return incident.model_copy(update=update | {"aloud": incident.aloud and incident.state == "planned"})


def unplanned(found: Sequence[Finding], windows: Sequence[Window], now: datetime) -> list[Finding]:
    return [one for one in found if not any(window.covers(one, one.day, now) for window in windows)]


def untold(incident: Incident, surprise: Sequence[Finding], now: datetime) -> list[Finding]:
    """Worse than all that was told, on whatever day; nothing while it is snoozed."""
    if incident.state == "snoozed" and held(incident, now):
        return []
    return [one for one in surprise if rank(one.severity) > rank(incident.notified_severity)]


def spoken_of(found: Sequence[Finding], windows: Sequence[Window], now: datetime) -> Sequence[Finding]:
    """Where the last day is one that nobody planned, such days alone; else all of them."""
    surprise = unplanned(found, windows, now)
    over = surprise and max(one.day for one in surprise) == max(one.day for one in found)
    return surprise if over else found


def aloud(incident: Incident, found: Sequence[Finding]) -> Incident:
    """What it would be of these findings, which nobody planned, and of what was told."""
    lead = leading(found)
    update: dict[str, object] = {"state": "open", "until": None, "by": None}
    update |= {"finding": lead, "severity": lead.severity, "last_day": max(finding.day for finding in found)}
    return incident.model_copy(update=update | {"peak_usd": peak(found, incident.notified_usd)})


def heard(incident: Incident, now: datetime) -> dict[str, object]:
    """Whoever acknowledges it knows of it as it is by now, told or not."""
    return {
        "notified_at": incident.notified_at or now,
        "notified_usd": incident.peak_usd if incident.notified_usd is None else incident.notified_usd,
        "notified_severity": max(incident.severity, incident.notified_severity, key=rank),
    }


def mutes(window: Window, incident: Incident) -> bool:
    """Whether it is this plan that silences it now."""
    of_it = (window.until, window.by) == (incident.until, incident.by)
    return incident.state == "planned" and of_it and window.names(incident.finding)
