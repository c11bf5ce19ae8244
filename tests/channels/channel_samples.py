"""Messages that every channel renders, and the files that hold what became of them."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from finops.incidents import Policy, decide
from finops.messages import compose
from finops.model import Finding, Message

GOLDEN = Path(__file__).parent.parent / "golden"
DAY = date(2026, 11, 17)
NOW = datetime(2026, 11, 18, 6, 10, tzinfo=UTC)

SPIKE = Finding(
    rule="spend_spike",
    title="Spend jumped day over day",
    severity="page",
    subject="search-api",
    day=DAY,
    usd=Decimal("1912.00"),
    summary="search-api spent $2,710 on Tue 17 Nov, 3.4x a usual Tuesday",
    why="At least 3x the day before and 3x what this weekday costs, and $100 over.",
    next_step="Check the routing flag of search-api: 41k of 44k Sonnet calls are small.",
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
        "what_changed": "volume +12% · tokens per call +4% · mix Haiku→Sonnet +176% · rate 0%",
        "region": "us-east-1",
        "usage_type": None,
    },
    series=tuple(
        (DAY - timedelta(days=13 - n), Decimal(amount))
        for n, amount in enumerate([790, 810, 1210, 800, 780, 805, 1190, 0, 800, 1250, 790, 800, 801, 2710])
        if n != 5
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
                "summary": f"workload-{n} spent more than it usually does",
                "usd": Decimal(10 * n),
                "severity": ("page", "warn", "info")[n % 3],
                "facts": {},
            }
        )
        for n in range(count)
    ]


def all_samples() -> dict[str, Message]:
    """By the name of their golden files."""
    bare = Finding(
        rule="source_stale", title="A source is stale", severity="warn", subject="cur", day=DAY,
        summary="cur delivered nothing for 3 days",
    )  # fmt: skip
    return {
        "page": message(SPIKE),
        "resolved": message(SPIKE, resolved=True),
        "bare": message(bare),
        "hostile": message(_hostile()),
        "long": message(SPIKE.model_copy(update={"why": "<&>" * 1000, "next_step": "& `" * 1000})),
        "grouped": message(*_many(7)),
        "flood": message(*_many(3000)),
    }


def check_golden(name: str, text: str) -> None:
    """UPDATE_GOLDEN=1 writes the files anew; the diff is for the reviewer."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
