"""What a rule keeps to itself: days that cannot be trusted, and what another rule has said already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from finops.model import SEVERITIES, Finding, Incident, Severity, Window
from finops.rules.files import Rule

WORSE = 3  # times the dollars that were told is news again
ONSET = timedelta(days=1)  # what begins late in a day is odd on that day, and a spike on the next
SPAN = timedelta(days=7)  # a rule that is asked once a day speaks of some days together, a week at most


class _Said(NamedTuple):
    rule: str
    about: str
    first_day: date
    last_day: date
    usd: Decimal
    severity: Severity
    heard: bool  # what is planned is not, nor is what was never told


def doubted(rule: Rule, findings: Iterable[Finding]) -> set[date]:
    """Days that the rule does not judge, because a rule that it waits for has found something there."""
    return {finding.day for finding in findings if finding.rule in rule.not_on}


def news(
    rules: Sequence[Rule],
    findings: Sequence[Finding],
    incidents: Sequence[Incident],
    planned: Sequence[Window],
    now: datetime,
) -> tuple[Finding, ...]:
    """Without those that say of a workload what a rule they yield to says of it now, or has said in the days
    before, or from the next day on; unless they are worse. What an open incident of their own lives on is kept.
    What nobody planned yields to nothing that a plan keeps silent."""
    patience = {rule.name: rule.yields_to for rule in rules}
    onsets = {rule.name: SPAN if rule.days == 1 else ONSET for rule in rules}
    alive = {(one.rule, _about(one.finding)) for one in incidents if one.state != "resolved"}
    said = [
        _Said(
            one.rule,
            _about(one.finding),
            one.first_day,
            one.last_day,
            one.heard_usd or Decimal(0),
            one.heard_severity or one.severity,
            heard=one.notified_at is not None,
        )
        for one in incidents
    ]
    before, new = defaultdict[str, list[_Said]](list), defaultdict[str, list[_Said]](list)
    for one in said:
        before[one.about].append(one)
    kept = set[int]()
    order = sorted(
        enumerate(findings), key=lambda one: (-_rank(one[1].severity), len(patience.get(one[1].rule, {})))
    )
    for number, finding in order:
        about, yields = _about(finding), patience.get(finding.rule, {})
        foreseen = any(window.covers(finding, finding.day, now) for window in planned)
        told = [*before[about], *(one for one in new[about] if one.rule != finding.rule)]
        if (finding.rule, about) in alive or not any(
            _repeats(finding, one, yields, onsets.get(one.rule, ONSET))
            for one in told
            if one.heard or foreseen
        ):
            kept.add(number)
            day, usd = finding.day, finding.usd or Decimal(0)
            new[about].append(_Said(finding.rule, about, day, day, usd, finding.severity, not foreseen))
    return tuple(finding for number, finding in enumerate(findings) if number in kept)


def _repeats(finding: Finding, said: _Said, yields: Mapping[str, int], onset: timedelta) -> bool:
    if said.rule not in yields or said.about != _about(finding):
        return False
    patience = timedelta(days=yields[said.rule])
    return said.first_day - onset <= finding.day <= said.last_day + patience and not _worse(finding, said)


def _worse(finding: Finding, said: _Said) -> bool:
    """More severe, or much dearer; what is only for information is never news again."""
    dearer = finding.severity != "info" and (finding.usd or 0) >= WORSE * said.usd
    return dearer or _rank(finding.severity) > _rank(said.severity)


def _about(finding: Finding) -> str:
    return finding.workload or finding.subject


def _rank(severity: Severity) -> int:
    return SEVERITIES.index(severity)
