"""An incident that an estimate raised, and the bill that comes after it: one incident, told once. Pure.

- What the bill's rules find of the workload from the day before it was told goes to the estimate's incident while
  that lasts: no second page. What it resolved with is confirmed as well, for a while.
- An estimate says nothing of a workload of which a bill's incident speaks already, unless it doubled since or is
  more severe.
- When the bill is complete for the day it was told on, its dollars stand beside the estimate's: confirmed where a
  rule on the bill agrees or the estimate was about right, else corrected, which ends it.
- An estimate that was just corrected is believed again when it doubles, or when that is long ago. What the bill
  itself finds of a day that it corrected is another incident.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from finops.model import Billed, Finding, Incident, Reason, at_least

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
    raised.sort(key=lambda one: (one.state == "resolved", one.opened_at, one.id))
    own: list[Finding] = []
    agreeing: dict[str, list[Finding]] = defaultdict(list)
    for found in _by_subject(findings):  # all of a subject or none: its older days are part of the story
        raised_by = next((one for one in raised if _belongs(one, found, incidents, now)), None)
        (own if raised_by is None else agreeing[raised_by.id]).extend(found)
    return own, dict(agreeing)


def recent(incident: Incident, agreeing: Sequence[Finding]) -> list[Finding]:
    """Those that speak of the last time that it was told, each with the older days of its story."""
    since = told_on(incident) - DAY
    stories = [found for found in _by_subject(agreeing) if any(one.day >= since for one in found)]
    return [one for found in stories for one in found]


def believed(
    found: Sequence[Finding], before: Incident | None, others: Iterable[Incident]
) -> Sequence[Finding]:
    """What an estimate finds of a subject, or nothing. `before`: unless it is long over; `others`: what the bill's
    incidents say after this run. What nobody was told of says nothing."""
    if before is not None and before.state != "resolved":
        return found
    discredited = before if before is not None and wrong(before.billed) else None
    spoken = [one for one in others if one.rule in BILLED and one.state != "resolved" and one.notified_at]
    news = (one for one in found if not (_told_by(spoken, one) or _disbelieved(discredited, one)))
    return found if next(news, None) else []


def verdict(
    incident: Incident, agreeing: Sequence[Finding], bill: Billed | None
) -> tuple[Incident, Reason | None]:
    """`bill`: what it says, once complete for the day."""
    if bill is None or (bill.usd is None and not agreeing):  # nothing to compare, and no rule that agrees
        return incident, None
    corrects = wrong(bill) and not agreeing
    billed = incident.model_copy(update={"billed": bill.model_copy(update={"corrects": corrects})})
    return billed, "corrected" if corrects else "confirmed"


def outgrown(incident: Incident) -> Incident:
    """It doubled since: what the bill says of it ends nothing."""
    billed = incident.billed and incident.billed.model_copy(update={"corrects": False})
    return incident.model_copy(update={"billed": billed})


def doubled(before: Incident, after: Incident) -> bool:
    """Whether by now it is another matter than what the bill spoke of."""
    was, now = before.peak_usd or Decimal(0), after.peak_usd or Decimal(0)
    return now > was and now >= DOUBLED * was


def wrong(bill: Billed | None) -> bool:
    if bill is None or bill.usd is None:
        return False
    return bill.usd <= 0 or (bill.error or 0) > TOLERANCE


def _by_subject(findings: Sequence[Finding]) -> Iterable[list[Finding]]:
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.rule, finding.subject].append(finding)
    return groups.values()


def _lately(incident: Incident, now: datetime, cooldown: timedelta) -> bool:
    return incident.resolved_at is None or now - incident.resolved_at <= cooldown


def _belongs(
    incident: Incident, found: Sequence[Finding], incidents: Sequence[Incident], now: datetime
) -> bool:
    """What is over explains neither a later day nor, once the bill corrected it, what the bill finds after all; nor,
    from the next run on, what is worse than was told."""
    if incident.state == "resolved":
        told = incident.notified_severity
        if incident.resolved_at != now and any(
            told is None or not at_least(told, one.severity) for one in found
        ):
            return False
        corrected = incident.billed is not None and incident.billed.corrects
        last = told_on(incident) - 2 * DAY if corrected else max(incident.last_day, told_on(incident))
        if any(one.day > last for one in found):
            return False
    return any(_same(incident, one, incidents) for one in found)


def _same(incident: Incident, finding: Finding, incidents: Sequence[Incident]) -> bool:
    if finding.rule not in BILLED or _workload(incident.finding) != _workload(finding):
        return False
    of_it = (one for one in incidents if (one.rule, one.subject) == (finding.rule, finding.subject))
    if any((one.state != "resolved" and one.notified_at) or finding.day <= one.last_day for one in of_it):
        return False  # that one told it first
    return incident.opened_at.date() - DAY <= finding.day  # before it was reopened it is no news by itself


def _told_by(spoken: Sequence[Incident], finding: Finding) -> bool:
    return any(
        _workload(one.finding) == _workload(finding)
        and at_least(one.notified_severity or one.severity, finding.severity)
        and (finding.usd or Decimal(0)) < DOUBLED * (one.heard_usd or Decimal(0))
        for one in spoken
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
