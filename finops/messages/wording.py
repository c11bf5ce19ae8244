"""What is said about incidents, in neutral words. Channels lay it out and escape it; they hold no prose.

Text from tags is hostile: each part is one line without control or invisible characters, so that no
tag value can forge a line, colour a terminal or turn the reading direction around.
"""

from __future__ import annotations

import hashlib
import shlex
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Literal

from finops.model import SEVERITIES, Finding, Incident, Message, Notice, Reason, Value
from finops.money import usd

Tone = Literal["page", "warn", "info", "resolved"]

OVER: tuple[Reason, ...] = ("corrected", "resolved")
HEADLINE = 150  # characters: what a Slack header holds
NAME, VALUE = 40, 120  # of a name that is cut, of a field
PARAGRAPH = 1000
TREND_DAYS = 14
LATE = "late-"  # how the key of such a message begins
COMMANDS = {
    "channel_failed": "finops check",
    "job_failed": "finops runs",
    "owner_unknown": "finops doctor",
    "state_restored": "finops incidents list",
    "state_unreadable": "finops incidents list",
}  # no SQL of theirs
TEST = "a test: nothing has happened, and nothing is recorded"
UNTAGGED = "(untagged)"  # what has no name bears this one
LEVELS = "▁▂▃▄▅▆▇"  # the full block would touch the line above
UNKNOWN_DAY = "·"


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


def compose(
    notices: Sequence[Notice],
    group_above: int,
    generation: int | None = None,
    settled_through: date | None = None,
) -> tuple[Message, ...]:
    """One message a notice. When there are more than `group_above`, pages keep their own unless they are
    that many themselves, and one message tells all the others."""
    alone = [notice for notice in notices if len(notices) <= group_above or tone(notice) == "page"]
    if len(alone) > group_above:
        alone = []
    rest = tuple(notice for notice in notices if notice not in alone)
    together = [*((notice,) for notice in alone), *([rest] if rest else [])]
    return tuple(
        Message(
            key=_key(some),
            notices=some,
            headline=headline(some[0]) if len(some) == 1 else _counters(some),
            generation=generation,
            settled_through=settled_through,
        )
        for some in together
    )


def late(messages: Sequence[Message], since: datetime) -> Message:
    """One for all that a channel did not take for a day: the latest news of each incident, most dollars first."""
    told = sorted((notice for message in messages for notice in message.notices), key=_moment)
    latest = {notice.incident.id: notice for notice in told}
    notices = sorted(latest.values(), key=lambda one: one.incident.peak_usd or Decimal(0), reverse=True)
    digest = hashlib.sha256(" ".join(message.key for message in messages).encode()).hexdigest()[:16]
    last, words = messages[-1], _counters(notices) if len(notices) > 1 else headline(notices[0])
    return Message(
        key=f"{LATE}{digest}",
        notices=tuple(notices),
        headline=f"Not taken here since {_instant(since)}: {words}",
        generation=last.generation,
        settled_through=last.settled_through,
    )


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
            f"first seen {_instant(incident.opened_at)}",
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


def standing(incident: Incident) -> str:
    """What became of it since it was told: who answered, what the bill said. Empty while nothing did."""
    by = f" by {cut(one_line(incident.by), VALUE)}" if incident.by else ""
    until = f" until {_instant(incident.until)}" if incident.until else ""
    answered = f"{incident.state}{until}{by}" if incident.state not in ("open", "resolved") else ""
    over = f"resolved {_instant(incident.resolved_at)}" if incident.resolved_at else ""
    return " · ".join(part for part in (answered, over, billed(incident)) if part)


def billed(incident: Incident) -> str:
    """What the bill said of an estimate, and how far off that was."""
    bill = incident.billed
    if bill is None:
        return ""
    if bill.usd is None or bill.estimated_usd is None:
        return f"the bill through {bill.through} agrees with the estimate"
    words = f"billed {usd(bill.usd)} through {bill.through}, estimated {usd(bill.estimated_usd)}"
    if bill.error is None:
        return words
    return f"{words}: {abs(bill.error):.1%} too {'high' if bill.error >= 0 else 'low'}"


def tone(notice: Notice) -> Tone:
    return "resolved" if notice.reason in OVER else notice.incident.severity


def one_line(text: str | None) -> str:
    visible = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text or "")
    return " ".join(visible.split())


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def trend(series: Sequence[tuple[date, Decimal]]) -> str:
    """The last fourteen days from zero to their highest; a day without a figure is a dot, not a zero."""
    if not series:
        return ""
    known, last = dict(series), max(day for day, _ in series)
    days = [last - timedelta(days=back) for back in reversed(range(TREND_DAYS))]
    top = max((known[day] for day in days if day in known), default=Decimal(0))
    return "".join(_level(known[day], top) if day in known else UNKNOWN_DAY for day in days)


def _level(amount: Decimal, top: Decimal) -> str:
    share = amount / top if top > 0 else Decimal(0)
    return LEVELS[max(0, round(share * (len(LEVELS) - 1)))]


def _key(notices: Sequence[Notice]) -> str:
    """Readable for one; for a group, a digest of its members."""
    keys = [f"{notice.incident.id}-{notice.reason}-{_moment(notice):%Y%m%dT%H%M%SZ}" for notice in notices]
    if len(keys) == 1:
        return keys[0]
    return f"group-{hashlib.sha256(' '.join(keys).encode()).hexdigest()[:16]}"


def _moment(notice: Notice) -> datetime:
    incident = notice.incident
    ended = incident.resolved_at if notice.reason in OVER else incident.notified_at
    return (ended or incident.opened_at).astimezone(UTC)


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


def _counters(notices: Sequence[Notice]) -> str:
    counts = Counter(tone(notice) for notice in notices)
    order: tuple[Tone, ...] = ("page", "warn", "info", "resolved")
    parts = " · ".join(f"{counts[level]} {level}" for level in order if counts[level])
    return f"{len(notices)} incidents: {parts}"


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


def ledger_words(message: Message) -> tuple[str, ...]:
    """Which ledger it speaks from."""
    parts = []
    if message.settled_through is not None:
        parts.append(f"bill settled through {message.settled_through}")
    if message.generation is not None:
        parts.append(f"generation {message.generation}")
    return tuple(parts)


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


def amount(text: str | None) -> Decimal | None:
    """NULL and what is no finite number are left out of the message; the finding keeps them."""
    try:
        value = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%MZ}"
