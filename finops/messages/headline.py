"""The one line that everybody reads: how bad, who, how much."""

from __future__ import annotations

from typing import Literal

from finops.messages.text import amount, cut, one_line
from finops.model import Incident, Notice, Reason
from finops.money import usd

Tone = Literal["page", "warn", "info", "resolved"]
OVER: tuple[Reason, ...] = ("corrected", "resolved")
HEADLINE = 150  # characters: what a Slack header holds
NAME = 40  # of a name that is cut


def tone(notice: Notice) -> Tone:
    return "resolved" if notice.reason in OVER else notice.incident.severity


def headline(notice: Notice, test: bool = False) -> str:
    """`[PAGE] search-api spent 3.4x the day before (+$1,912)`; the dollars survive when it is cut."""
    incident = notice.incident
    label = {
        "opened": incident.severity.upper(),
        "reopened": f"{incident.severity.upper()}, back again",
        "escalated": f"{incident.severity.upper()}, worse",
        "reminder": f"{incident.severity.upper()}, still there",
        "confirmed": "BILLED",
        "corrected": "CORRECTED",
        "resolved": "RESOLVED",
    }[notice.reason]
    dollars = _dollars(incident)
    words = one_line(incident.finding.headline or incident.finding.summary)
    start, room = f"[{'TEST ' if test else ''}{label}] ", HEADLINE - len(dollars)
    return f"{cut(start + _named_shortly(words, incident, room - len(start)), room)}{dollars}"


def _named_shortly(words: str, incident: Incident, room: int) -> str:
    """A long name gives way to what is said of it."""
    for name in map(one_line, (incident.finding.workload, incident.subject)):
        if incident.finding.headline and len(words) > room and len(name) > NAME:
            words = words.replace(name, cut(name, max(NAME, len(name) - len(words) + room)), 1)
    return words


def _dollars(incident: Incident) -> str:
    excess = amount(incident.finding.facts.get("excess_usd"))
    if excess is not None and excess > 0:
        return f" (+{usd(excess)})"
    return f" ({usd(incident.peak_usd)})" if incident.peak_usd is not None else ""
