"""What is found of a rule itself: silence must not look like health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from finops.model import Finding
from finops.rules.files import Rule


def failed(rule: Rule, day: date, reason: str) -> Finding:
    """It could not run."""
    return _fault(
        rule,
        day,
        title="A rule could not run",
        headline=f"rule {rule.name} could not run",
        summary=f"{rule.name} could not run on {day}: {reason}",
        why="What this rule watches is unwatched until it runs again; its open incidents stay as they are.",
        next_step=f"Run `finops rules run {rule.name} --day {day}` to see the error, and mend {rule.file.path.name}.",
    )


def cut(rule: Rule, day: date, total: int, most: int) -> Finding:
    """It found more than anybody reads. It has run, and says the dearest of it."""
    return _fault(
        rule,
        day,
        title="A rule found too much",
        headline=f"rule {rule.name} found {total:,} offenders",
        summary=f"{rule.name} found {total:,} offenders on {day}; the {most:,} dearest are told, the others are not.",
        why="Nobody reads thousands of findings: so many say more about the threshold than about themselves.",
        next_step=f"Raise a threshold in [rules.{rule.name}], or [limits] rule_findings.",
    )


def doubled(rule: Rule, day: date, found: Sequence[Finding]) -> list[Finding]:
    """It said several things of one subject, of which one is told."""
    rows = Counter(finding.subject for finding in found)
    several = [subject for subject, count in rows.items() if count > 1]
    if not several:
        return []
    return [
        _fault(
            rule,
            day,
            title="A rule names a subject twice",
            headline=f"rule {rule.name} names a subject twice",
            summary=f"{rule.name} returned {rows[several[0]]} rows of the subject {several[0]!r} on {day}: the worst"
            " and dearest is told, the others are not.",
            why="One subject is one incident: what its other rows say, and their dollars, nobody hears of.",
            next_step=f"Let {rule.file.path.name} return one row a subject: group by it, or name in it what tells them"
            " apart.",
        )
    ]


def _fault(
    rule: Rule, day: date, *, title: str, headline: str, summary: str, why: str, next_step: str
) -> Finding:
    return Finding(
        rule="rule_failed",
        title=title,
        headline=headline,
        severity="warn",
        subject=rule.name,
        day=day,
        summary=summary,
        why=why,
        next_step=next_step,
        runbook="docs/rules.md#rule_failed",
    )
