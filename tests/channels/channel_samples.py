"""Every kind of message that channels render."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from finops.incidents.machine import Policy, decide
from finops.messages.compose import compose
from finops.messages.text import one_line
from finops.model import Billed, Digest, Finding, Incident, Message, Notice, Reason, Spend
from finops.notify.outcome import Outcome, failures
from finops.reports import trial

DAY = date(2026, 11, 17)
NOW = datetime(2026, 11, 18, 6, 10, tzinfo=UTC)

SPIKE = Finding(
    rule="spend_spike",
    title="Spend jumped day over day",
    severity="page",
    subject="search-api",
    day=DAY,
    usd=Decimal("1912.00"),
    headline="search-api spend 3.4x the usual Tuesday",
    summary="search-api spent $2,710 on Tuesday 17 Nov (Claude Sonnet 4.6 and 1 more); a usual Tuesday is $798.11, and"
    " the day before was $801.50 (3.4x, +$1,912.00).",
    why="Three times the day before and three times what this weekday usually costs is not growth: a loop, a changed"
    " route or a lost cache looks like this, and each further day costs the same again.",
    next_step="Ask team search what changed on 17 Nov, first for Claude Sonnet 4.6; stop or cap it if nobody knows.",
    runbook="https://wiki.example.com/runbooks/spike?from=finops&team=search",
    basis="provisional",
    workload="search-api",
    team="search",
    environment="prod",
    account_id="111122223333",
    model="Claude Sonnet 4.6",
    facts={
        "actual_usd": "2710.11",
        "expected_usd": "798.11",
        "previous_usd": "801.50",
        "ratio": "3.3956",
        "excess_usd": "1912.00",
        "monthly_usd": "57360.00",
        "what_changed": "queries 21,388 to 44,112 +$1,204.00, model mix +$708.00; 93% of it is Claude Sonnet 4.6 in"
        " us-east-1, $210.00 to $1,990.00",
        "region": "us-east-1",
        "usage_type": None,
    },
    series=tuple(
        (DAY - timedelta(days=13 - n), Decimal(amount))
        for n, amount in enumerate([790, 810, 1210, 800, 780, 805, 1190, 0, 800, 1250, 790, 800, 801, 2710])
        if n != 5
    ),
    usual=tuple(
        (DAY - timedelta(days=13 - n), Decimal("1205" if n % 7 == 2 else "798.11")) for n in range(14)
    ),
)
HOSTILE = "<!channel> & <https://evil.example|ok> `x` @here *b* [red]r[/red]"
HOSTILE += "\n*Next* run https://e.example \x1b[31m\u202e"


def message(*findings: Finding, resolved: bool = False) -> Message:
    policy = Policy(group_above=1)
    decision = decide([], findings, {}, NOW, policy)
    for days in (1, 2, 3) if resolved else ():
        evaluated = {finding.rule: DAY + timedelta(days=days) for finding in findings}
        decision = decide(decision.incidents, [], evaluated, NOW + timedelta(days=days), policy)
    (composed,) = compose(decision.notices, policy.group_above, 42, date(2026, 11, 15))
    return composed


def _hostile() -> Finding:
    names = {
        "subject": HOSTILE,
        "workload": HOSTILE,
        "team": HOSTILE,
        "environment": HOSTILE,
        "model": HOSTILE,
    }
    facts = {"what_changed": HOSTILE, "ratio": "NaN", "actual_usd": "many", "expected_usd": None}
    update = {
        **names,
        "headline": "",
        "facts": facts,
        "summary": f"{HOSTILE} " * 40,
        "next_step": HOSTILE * 60,
        "runbook": HOSTILE,
    }
    return SPIKE.model_copy(update=update)


def _many(count: int) -> list[Finding]:
    return [
        SPIKE.model_copy(
            update={
                "subject": f"workload-{n}",
                "headline": f"workload-{n} spends more than it usually does",
                "usd": Decimal(10 * n),
                "severity": ("page", "warn", "info")[n % 3],
                "facts": {},
            }
        )
        for n in range(count)
    ]


def told(reason: Reason, finding: Finding = SPIKE, **incident: Any) -> Message:
    """What is said later of the incident that this finding opened; `incident` is what changed since."""
    (opened,) = message(finding).notices
    later = Incident.model_validate({**opened.incident.model_dump(), **incident})
    (composed,) = compose([Notice(reason=reason, incident=later)], 5, 43, date(2026, 11, 16))
    return composed


ESTIMATED = SPIKE.model_copy(
    update={"rule": "spend_spike_now", "basis": "estimated", "runbook": "docs/rules.md"}
)
TOMORROW = DAY + timedelta(days=1)
DEARER = SPIKE.model_copy(
    update={
        "headline": "search-api spend 7.9x the usual Wednesday",
        "summary": "search-api spent $6,305 on Wednesday 18 Nov (Claude Sonnet 4.6); a usual Wednesday is $798.11, and"
        " the day before was $2,710 (7.9x, +$5,506.59).",
        "day": TOMORROW,
        "usd": Decimal("5506.59"),
        "facts": {
            **SPIKE.facts, "actual_usd": "6304.70", "previous_usd": "2710.11", "excess_usd": "5506.59", "ratio": "7.9",
            "monthly_usd": "165197.70",
        },
        "series": (*SPIKE.series[1:], (TOMORROW, Decimal("6304.70"))),
    }
)  # fmt: skip
STALE = Finding(
    rule="source_stale", title="A source is stale", severity="warn", subject="cur", day=DAY,
    summary="cur delivered nothing for 3 days",
)  # fmt: skip
BROKEN = Finding(
    rule="rule_failed", title="A rule could not run", headline="rule spend_drift could not run", severity="warn",
    subject="spend_drift", day=DAY, summary='spend_drift could not run on 2026-11-17: Binder Error: no column "usdd"',
    why="What this rule watches is unwatched until it runs again; its open incidents stay as they are.",
    next_step="Run `finops rules run spend_drift --day 2026-11-17` to see the error, and mend spend_drift.sql.",
    runbook="docs/rules.md#rule_failed",
)  # fmt: skip


def _unreachable() -> Finding:
    refused = Outcome(
        channel="slack", key="k", headline="h", error="channel_not_found: no such channel", instead="mail"
    )
    (finding,) = failures([refused], DAY)
    return finding


def all_samples() -> dict[str, Message]:
    """By the name of their golden files."""
    return {
        "page": message(SPIKE),
        "warn": message(SPIKE.model_copy(update={"severity": "warn"})),
        "info": message(SPIKE.model_copy(update={"severity": "info"})),
        "bare": message(STALE),
        "reopened": told("reopened"),
        "escalated": told("escalated", DEARER, peak_usd=Decimal("5506.59"), last_day=DEARER.day),
        "reminder": told("reminder", notified_at=NOW + timedelta(days=1)),
        "acknowledged": told("opened", state="acknowledged", by="ann@example.com"),
        "confirmed": told("confirmed", ESTIMATED, billed=_billed("2655.10")),
        "corrected": told(
            "corrected", ESTIMATED, billed=_billed("901.00"), state="resolved", resolved_at=NOW
        ),
        "resolved": message(SPIKE, resolved=True),
        "hostile": message(_hostile()),
        "long": message(SPIKE.model_copy(update={"why": "<&>" * 1000, "next_step": "& `" * 1000})),
        "grouped": message(*_many(7)),
        "flood": message(*_many(3000)),
        "channel_failed": message(_unreachable()),
        "rule_failed": message(BROKEN),
        "digest_daily": periodical(),
        "digest_weekly": periodical("weekly"),
        "digest_quiet": periodical(quiet=True),
        "digest_hostile": periodical(name=HOSTILE),
        "test": trial.message("page", NOW),
    }


def _billed(usd: str) -> Billed:
    return Billed(through=DAY, usd=Decimal(usd), estimated_usd=Decimal("2710.11"))


def periodical(
    period: Literal["daily", "weekly"] = "daily", *, name: str = "search-api", quiet: bool = False
) -> Message:
    first = DAY if period == "daily" else DAY - timedelta(days=6)
    spends = (
        Spend(workload=name, usd=Decimal("2710.11"), usual_usd=Decimal("798.11"), before_usd=Decimal("785.00"),
              usd_per_query=Decimal("0.008123"), series=SPIKE.series),
        Spend(workload="support-bot", usd=Decimal("911.40"), usual_usd=Decimal("939.00"), series=SPIKE.series[:-1]),
        Spend(workload="brand-new", usd=Decimal("12.40")),
        Spend(workload="(untagged)", usd=Decimal("349.77"), usual_usd=Decimal("312.00"), before_usd=Decimal(0)),
    )  # fmt: skip
    total = Spend(workload="All", usd=Decimal("3983.68"), usual_usd=Decimal("2049.11"), series=SPIKE.series)
    who = one_line(name)
    sections = {
        "Do first": (
            "Ask team search what changed on 17 Nov, first for Claude Sonnet 4.6; stop or cap it if nobody knows."
            " (finops incidents show 8579f3)",
        ),
        "Moved": (f"{who} +$1,912 (+240%): queries 21,388 to 44,112 +$1,204.00, model mix +$708.00",),
        "Open": (
            f"[PAGE] {who} spend 3.4x the usual Tuesday · for a day · team search · 8579f3",
            "[WARN] support-bot reads only 13% of its input from the cache · for 4 days · team support ·"
            " acknowledged by ann · a9dc92",
        ),
        "3 times the day before": (f"{who} $2,710 after $801.50 (3.4x)",),
        "Not known": ("athena:billing.cur was not reached: AccessDenied",),
        "Since then, by tokens alone": ("Wed 2026-11-18 until 06:00: $612.40, estimated",),
        "Budgets": ("all spend: $71,204 of $120,000 (59%), heading for $118,000 (98%)",),
    }
    digest = Digest(
        period=period,
        first_day=first,
        last_day=DAY,
        quiet=quiet,
        lead=""
        if quiet
        else "$3,984: +94% against a usual Tuesday. November so far $71,204 net, heading for $118,000.",
        total=None if quiet else total,
        workloads=() if quiet else spends,
        sections=() if quiet else tuple(sections.items()),
    )
    return Message(
        key=f"digest-{period}-2026-11-18",
        notices=(),
        headline="Bedrock, Tue 17 Nov: $2,049 (0% vs usual) · nothing open" if quiet
        else "Bedrock, Tue 17 Nov: $3,984 (+94% vs usual) · open: 1 page, 1 warn",
        generation=43,
        settled_through=date(2026, 11, 15),
        digest=digest,
    )  # fmt: skip
