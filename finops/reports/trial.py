"""What `finops alert test` sends: the real layout with a made-up incident, marked as a test in its headline."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from finops.messages.headline import Tone, headline
from finops.model import Digest, Finding, Incident, Message, Notice, Severity, Spend

Kind = Literal["page", "warn", "info", "resolved", "digest"]

NAME = "example-workload"
USUAL, ODD = Decimal("160.00"), Decimal("690.40")


def message(kind: Kind, now: datetime) -> Message:
    """Another key each time: a test that is repeated is sent again."""
    key = f"test-{kind}-{now:%Y%m%dT%H%M%S%f}"
    if kind == "digest":
        return Message(
            key=key,
            notices=(),
            headline="[TEST] Bedrock: a digest looks like this",
            digest=_digest(now),
            test=True,
        )
    notice = _notice(kind, now)
    return Message(key=key, notices=(notice,), headline=headline(notice, test=True), test=True)


def _notice(kind: Tone, now: datetime) -> Notice:
    severity: Severity = "warn" if kind == "resolved" else kind
    over = now if kind == "resolved" else None
    incident = Incident(
        id=f"test-{now:%H%M%S}",
        rule="spend_spike",
        subject=NAME,
        state="resolved" if over else "open",
        severity=severity,
        opened_at=now - timedelta(days=3) if over else now,
        first_day=now.date() - timedelta(days=1),
        last_day=now.date() - timedelta(days=1),
        peak_usd=ODD - USUAL,
        quiet_days=3 if over else 0,
        resolved_at=over,
        finding=_finding(severity, now),
    )
    return Notice(reason="resolved" if over else "opened", incident=incident)


def _finding(severity: Severity, now: datetime) -> Finding:
    day = now.date() - timedelta(days=1)
    days = [day - timedelta(days=back) for back in reversed(range(14))]
    return Finding(
        rule="spend_spike",
        title="Spend jumped",
        headline=f"{NAME} spend {ODD / USUAL:.1f}x a usual {day:%A}",
        severity=severity,
        subject=NAME,
        day=day,
        usd=ODD - USUAL,
        summary="This is a test of the channel: no such workload, no such dollars. A real message looks like this one.",
        why="Here stands why it matters.",
        next_step="Nothing. Of a real one, this says whom to ask and what to stop first.",
        workload=NAME,
        team="example-team",
        environment="example",
        facts={
            "actual_usd": str(ODD),
            "expected_usd": str(USUAL),
            "excess_usd": str(ODD - USUAL),
            "ratio": str(ODD / USUAL),
            "what_changed": "here stands what moved, in dollars",
        },
        series=tuple((one, ODD if one == day else USUAL) for one in days),
        usual=tuple((one, USUAL) for one in days),
    )


def _digest(now: datetime) -> Digest:
    finding = _finding("info", now)
    spend = Spend(workload=NAME, usd=ODD, usual_usd=USUAL, before_usd=USUAL, series=finding.series)
    return Digest(
        period="daily",
        first_day=finding.day,
        last_day=finding.day,
        quiet=False,
        lead="This is a test of the channel: no such workload, no such dollars.",
        total=spend.model_copy(update={"workload": "All"}),
        workloads=(spend,),
        sections=(
            ("Moved", (f"{NAME} +$530.40 (+332%): here stands why",)),
            ("Open", ("what is open, for how long, and whose",)),
        ),
    )
