"""What the incidents so far leave to say of a subject."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from finops.incidents.estimates import ESTIMATED
from finops.incidents.silence import unplanned
from finops.model import Finding, Incident, Window

Key = tuple[str, str]  # rule, subject


def latest(incidents: Iterable[Incident]) -> dict[Key, Incident]:
    """The one that is not resolved, else the one that ended last."""
    order = sorted(incidents, key=lambda one: (one.state != "resolved", one.last_day, one.id))
    return {(one.rule, one.subject): one for one in order}


def settled(incidents: Iterable[Incident]) -> dict[Key, date]:
    """Through which day there is nothing left to tell: of what is over, and of what was before it began again."""
    days: dict[Key, date] = {}
    for one in incidents:
        day = one.last_day if one.state == "resolved" else one.settled_day
        if day is not None:
            key = (one.rule, one.subject)
            days[key] = max(day, days.get(key, day))
    return days


def fresh(
    findings: Sequence[Finding], incidents: Sequence[Incident], windows: Sequence[Window], now: datetime
) -> Mapping[Key, list[Finding]]:
    """By subject, of days that are not settled; what a plan kept silent to its end settles planned days alone."""
    silent = {one.id for one in incidents if one.notified_at is None and one.rule not in ESTIMATED}
    over = settled(incidents)
    told = settled(one for one in incidents if one.state != "resolved" or one.id not in silent)
    found: dict[Key, list[Finding]] = defaultdict(list)
    for finding in findings:
        key = (finding.rule, finding.subject)
        surprise = finding.day > told.get(key, date.min) and unplanned([finding], windows, now)
        if surprise or finding.day > over.get(key, date.min):
            found[key].append(finding)
    return found
