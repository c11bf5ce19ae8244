"""A notice, or many in one message, in neutral parts. Channels lay them out and escape them; they hold no prose."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from finops.messages.headline import OVER, Tone, headline, tone
from finops.messages.standing import billed, ledger_words
from finops.messages.text import UNTAGGED, VALUE, amount, cut, instant, one_line
from finops.messages.trend import trend
from finops.model import SEVERITIES, Finding, Incident, Message, Notice, Value
from finops.money import usd

PARAGRAPH = 1000
COMMANDS = {
    "channel_failed": "finops check",
    "job_failed": "finops runs",
    "owner_unknown": "finops doctor",
    "state_restored": "finops incidents list",
    "state_unreadable": "finops incidents list",
}  # no SQL of theirs
TEST = "a test: nothing has happened, and nothing is recorded"


class Card(Value):
    """One notice in parts, in the order in which they are read. An empty part is left out."""

    tone: Tone
    headline: str
    summary: str  # empty where it is the headline already
    fields: tuple[tuple[str, str], ...]
    changed: str
    why: str
    trend: str
    next_step: str
    runbook: str
    reproduce: str
    context: tuple[str, ...]
    actions: tuple[str, ...]


class Group(Value):
    """Several notices in one message: counters, then a line for each."""

    tone: Tone
    headline: str
    lines: tuple[str, ...]
    context: tuple[str, ...]


def card(message: Message) -> Card:
    notice = message.notices[0]
    incident, finding = notice.incident, notice.incident.finding
    over = notice.reason in OVER
    return Card(
        tone=tone(notice),
        headline=message.headline,
        summary=cut(_summary(notice), PARAGRAPH),
        fields=_past_fields(incident) if over else _fields(incident),
        changed=cut(one_line(finding.facts.get("what_changed")), PARAGRAPH),
        why="" if over else cut(one_line(finding.why), PARAGRAPH),
        trend=trend(finding.series),
        next_step="" if over else cut(one_line(finding.next_step), PARAGRAPH),
        runbook="" if over else cut(one_line(finding.runbook), PARAGRAPH),
        reproduce=_reproduce(finding),
        context=(
            *((TEST,) if message.test else ()),
            *((f"basis {finding.basis}",) if finding.basis else ()),
            *ledger_words(message),
            *(
                (billed(incident),)
                if incident.billed and notice.reason not in ("confirmed", "corrected")
                else ()
            ),
            f"incident {incident.id}",
            f"first seen {instant(incident.opened_at)}",
        ),
        actions=() if over else _actions(incident.id),
    )


def grouped(message: Message) -> Group:
    lines = [" · ".join((headline(one), *_team(one), one.incident.id)) for one in message.notices]
    tones = [tone(notice) for notice in message.notices]
    worst = next((level for level in reversed(SEVERITIES) if level in tones), None)
    return Group(
        tone=worst or "resolved",
        headline=message.headline,
        lines=tuple(lines),
        context=(*ledger_words(message), "finops incidents list", "finops incidents show ID"),
    )


def _team(notice: Notice) -> tuple[str, ...]:
    team = one_line(notice.incident.finding.team)
    return (f"team {cut(team, VALUE)}",) if team and team != UNTAGGED else ()


def _summary(notice: Notice) -> str:
    """Empty where it is the headline already."""
    finding = notice.incident.finding
    if notice.reason in ("confirmed", "corrected"):
        words = billed(notice.incident)
        return f"{words[0].upper()}{words[1:]}." if words else one_line(finding.summary)
    return one_line(finding.summary) if finding.headline else ""


FACTS: tuple[tuple[str, str, Callable[[Decimal], str]], ...] = (
    ("Day before", "previous_usd", usd),
    ("If it continues", "monthly_usd", lambda amount: f"{usd(amount)} a month"),
)


def _fields(incident: Incident) -> tuple[tuple[str, str], ...]:
    finding = incident.finding
    actual = amount(finding.facts.get("actual_usd"))
    fields: list[tuple[str, str]] = []
    if actual is not None:
        fields.append(("Spent", f"{usd(actual)} on {_short(finding.day)}"))
    elif finding.usd is not None:
        fields.append(("At stake", f"{usd(finding.usd)}, as of {_short(finding.day)}"))
    usual, ratio = (amount(finding.facts.get(name)) for name in ("expected_usd", "ratio"))
    if usual is not None:
        fields.append(("Usual", f"{usd(usual)}{f', this is {ratio:,.1f}x' if ratio else ''}"))
    for label, name, render in FACTS:
        value = amount(finding.facts.get(name))
        if value is not None:
            fields.append((label, render(value)))
    if (
        incident.peak_usd is not None
        and finding.usd is not None
        and usd(incident.peak_usd) != usd(finding.usd)
    ):
        fields.append(("At its peak", f"{usd(incident.peak_usd)} at stake"))
    return (*fields, *_owners(incident))


def _past_fields(incident: Incident) -> tuple[tuple[str, str], ...]:
    first, last = _short(incident.first_day), _short(incident.last_day)
    peak = (("Peak", usd(incident.peak_usd)),) if incident.peak_usd is not None else ()
    quiet = (("Quiet for", f"{incident.quiet_days} days"),) if incident.quiet_days else ()
    return (*peak, ("Lasted", first if first == last else f"{first} to {last}"), *quiet, *_owners(incident))


def _short(day: date) -> str:
    """A phone has no room for a year."""
    return f"{day:%a} {day.day} {day:%b}"


def _owners(incident: Incident) -> tuple[tuple[str, str], ...]:
    finding = incident.finding
    place = " / ".join(one_line(part) for part in (finding.environment, finding.workload) if part)
    named = (("Team", finding.team), ("Env / Workload", place), ("Model", finding.model))
    account = (("Account", finding.account_id),)
    return tuple((label, cut(one_line(text), VALUE)) for label, text in (*named, *account) if text)


def _reproduce(finding: Finding) -> str:
    """What anyone may paste into a shell: rule names, quoted, and never text from tags."""
    if finding.rule in COMMANDS:
        return COMMANDS[finding.rule]
    rule = finding.subject if finding.rule == "rule_failed" else finding.rule
    return f"finops rules run {shlex.quote(one_line(rule))} --day {finding.day}"


def _actions(incident: str) -> tuple[str, ...]:
    return (
        f"finops incidents ack {incident}",
        f"finops incidents snooze {incident} --days 1",
        f"finops incidents plan {incident} --until YYYY-MM-DD",
    )
