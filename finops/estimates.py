"""An incident that an estimate raised, and the bill that comes after it: one incident, told once. Pure.

- What the bill's rules find of the workload from the day before it was told goes to the estimate's incident while
  that lasts: no second page. What it resolved with is confirmed as well, for a while.
- An estimate says nothing of a workload of which a bill's incident speaks already, unless it doubled since.
- When the bill is complete for the day it was told on, its dollars stand beside the estimate's: confirmed where a
  rule on the bill agrees or the estimate was about right, else corrected, which ends it.
- An estimate that was just corrected is believed again when it doubles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from finops.model import SEVERITIES, Billed, Finding, Incident, Reason

ESTIMATED = ("spend_spike_now",)
BILLED = ("spend_spike", "spend_anomaly")  # what says the same of the bill
DOUBLED = Decimal(2)
TOLERANCE = Decimal("0.25")  # so far above the bill an estimate is about right
DAY = timedelta(days=1)


def told_on(incident: Incident) -> date:
    return (incident.reopened_at or incident.opened_at).date()


def awaits_bill(incident: Incident, now: datetime, cooldown: timedelta) -> bool:
    return incident.rule in ESTIMATED and incident.billed is None and _lately(incident, now, cooldown)


def split(
    findings: Sequence[Finding], incidents: Sequence[Incident], now: datetime, cooldown: timedelta
) -> tuple[list[Finding], dict[str, list[Finding]]]:
    """The findings that stand for themselves; by its id, those of the bill that belong to an estimate's incident."""
    raised = [one for one in incidents if one.rule in ESTIMATED and _lately(one, now, cooldown)]
    raised.sort(key=lambda one: (one.state == "resolved", one.id))
    own, agreeing = [], defaultdict(list)
    for finding in findings:
        same = (one for one in raised if _same(one, finding, incidents))
        incident = next(same, None)
        if incident is not None:
            agreeing[incident.id].append(finding)
        else:
            own.append(finding)
    spoken = _spoken_of(own, incidents)
    standing = {one.subject for one in raised if one.state != "resolved"}
    discredited = {one.subject: one for one in raised if one.state == "resolved" and wrong(one.billed)}
    kept = [
        finding
        for finding in own
        if finding.rule not in ESTIMATED
        or finding.subject in standing
        or not (_told_by(spoken, finding) or _disbelieved(discredited.get(finding.subject), finding))
    ]
    return kept, dict(agreeing)


def verdict(
    before: Incident, incident: Incident, agreeing: Sequence[Finding], bill: Billed | None
) -> tuple[Incident, Reason | None]:
    """`bill`: what it says, once complete for the day; `before`: how the incident stood before this run."""
    if bill is None:
        return incident, None
    billed = incident.model_copy(update={"billed": bill})
    if agreeing:
        return billed, "confirmed"
    if bill.usd is None:
        return incident, None  # nothing to compare, and no rule that agrees
    if not wrong(bill):
        return billed, "confirmed"
    grew = (incident.peak_usd or 0) >= DOUBLED * (before.peak_usd or 0)
    return billed, None if grew and incident.peak_usd != before.peak_usd else "corrected"


def wrong(bill: Billed | None) -> bool:
    if bill is None or bill.usd is None:
        return False
    return bill.usd <= 0 or (bill.error or 0) > TOLERANCE


def _lately(incident: Incident, now: datetime, cooldown: timedelta) -> bool:
    return incident.resolved_at is None or now - incident.resolved_at <= cooldown


def _same(incident: Incident, finding: Finding, incidents: Sequence[Incident]) -> bool:
    if finding.rule not in BILLED or _workload(incident.finding) != _workload(finding):
        return False
    if any(
        (one.rule, one.subject) == (finding.rule, finding.subject) and one.state != "resolved"
        for one in incidents
    ):
        return False  # that one told it first
    last = max(incident.last_day, told_on(incident))
    return told_on(incident) - DAY <= finding.day and (incident.state != "resolved" or finding.day <= last)


def _spoken_of(found: Sequence[Finding], incidents: Sequence[Incident]) -> list[tuple[Finding, Decimal]]:
    """What the bill's incidents say, those of this run included, each with its dearest dollars."""
    standing = [one for one in incidents if one.rule in BILLED and one.state != "resolved"]
    told = [(one.finding.model_copy(update={"severity": one.severity}), one.peak_usd) for one in standing]
    new = [(one, one.usd) for one in found if one.rule in BILLED]
    return [(finding, usd or Decimal(0)) for finding, usd in (*told, *new)]


def _told_by(spoken: Sequence[tuple[Finding, Decimal]], finding: Finding) -> bool:
    return any(
        _workload(one) == _workload(finding)
        and SEVERITIES.index(one.severity) >= SEVERITIES.index(finding.severity)
        and (finding.usd or Decimal(0)) < DOUBLED * usd
        for one, usd in spoken
    )


def _disbelieved(incident: Incident | None, finding: Finding) -> bool:
    if incident is None or incident.peak_usd is None:
        return False
    return (finding.usd or Decimal(0)) < DOUBLED * incident.peak_usd


def _workload(finding: Finding) -> str:
    return finding.workload or finding.subject


def last_run(incident: Incident, evaluated: Mapping[str, date]) -> date | None:
    """The last day that was looked at for it: once the bill spoke, the bill's rules look as well."""
    rules = (incident.rule, *BILLED) if incident.billed is not None else (incident.rule,)
    return max((evaluated[rule] for rule in rules if rule in evaluated), default=None)
