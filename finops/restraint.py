"""What a rule keeps to itself: days that cannot be trusted, and what another rule has said already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from finops.model import Finding, Incident
from finops.rules import Rule

WORSE = 2  # times the dollars that were told is news again


def doubted(rule: Rule, findings: Iterable[Finding]) -> set[date]:
    """Days that the rule does not judge, because a rule that it waits for has found something there."""
    return {finding.day for finding in findings if finding.rule in rule.not_on}


def news(
    rules: Sequence[Rule], findings: Sequence[Finding], incidents: Sequence[Incident]
) -> tuple[Finding, ...]:
    """Without those that say of a workload what a rule they yield to says of it now, or has said in the days
    before; unless they are worse. An incident that is open is kept alive."""
    patience = {rule.name: rule.yields_to for rule in rules}
    return tuple(
        finding
        for finding in findings
        if not _said(finding, patience.get(finding.rule, {}), findings, incidents)
    )


def _said(
    finding: Finding, patience: dict[str, int], findings: Sequence[Finding], incidents: Sequence[Incident]
) -> bool:
    if not patience:
        return False
    about = finding.workload or finding.subject
    told = [
        one
        for one in incidents
        if one.rule in (*patience, finding.rule) and (one.finding.workload or one.subject) == about
    ]
    if any(one.rule == finding.rule and one.state != "resolved" for one in told):
        return False
    others = [
        (one.rule, one.day, one.usd)
        for one in findings
        if one.rule in patience and one.rule != finding.rule and (one.workload or one.subject) == about
    ] + [(one.rule, one.last_day, one.peak_usd) for one in told if one.rule in patience]
    return any(
        finding.day - day <= timedelta(days=patience[rule]) and (finding.usd or 0) < WORSE * (usd or 0)
        for rule, day, usd in others
    )
