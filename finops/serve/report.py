"""A job that fails is told once, and once more when it works again; what a channel did not take is sent again.

The ladder of `finops.incidents.machine` counts quiet days, for a bill comes by the day. A job works or does not: its
incident ends with its next good run, and its next failure is another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from finops import database
from finops.channels import Console, named
from finops.config import Settings
from finops.incidents.machine import Policy
from finops.incidents.several import identify
from finops.model import Decision, Finding, Incident, Notice, Reason
from finops.notify.outcome import Outcome
from finops.notify.record import write
from finops.notify.send import send_pending
from finops.schedule.runs import FILE, History, Past, Runs
from finops.schedule.timetable import failing
from finops.state.store import State

RULE = "job_failed"
TELLS = "tell"  # cannot tell of itself
HAPPENED = {
    "failed": "fails",
    "hung": "does not come to an end",
    "interrupted": "is interrupted again and again",
    "skipped": "is kept from running by another finops",
}
WITHOUT = {
    "sync": "What happened since the last good one is in no view and no alert.",
    "check": "Nobody is told of what happened since the last good one.",
}


def wanted(home: Path, past: Past, now: datetime) -> bool:
    """Whether there is something to tell: of a job, or left over by a channel."""
    with State(home / database.FILE) as state:
        if state.waiting(now):
            return True
        return bool(decide(state.standing(RULE), past, now).notices)


def tell(home: Path, settings: Settings, now: datetime) -> list[Outcome]:
    """Tell it. Decision and messages are written together, then sent, then marked."""
    channels = named(settings.channels or (Console(),), "stderr")
    with Runs(home / FILE) as runs:
        past = runs.past()
    with State(home / database.FILE) as state:
        with state.exclusive():
            write(state, decide(state.incidents(), past, now), channels, now, Policy())
        return send_pending(state, channels, now)


def decide(incidents: Sequence[Incident], past: Past, now: datetime) -> Decision:
    """Pure. The same call on its own result decides nothing."""
    known = {one.subject: one for one in incidents if one.rule == RULE and one.state != "resolved"}
    taken = {one.id for one in incidents}
    steps: list[tuple[Incident, Reason | None]] = []
    for job, history in past.jobs.items():
        before = known.get(job)
        if failing(history) and before is None and job != TELLS:
            opened = _opened(job, history, now, taken)
            taken.add(opened.id)
            steps.append((opened, "opened"))
        elif before is not None and failing(history) and _silent_too_long(before, now):
            steps.append((before.model_copy(update={"notified_at": now}), "reminder"))
        elif before is not None and not failing(history):
            over = {"state": "resolved", "until": None, "resolved_at": now, "last_day": now.date()}
            steps.append((before.model_copy(update=over), "resolved"))
    return Decision(
        incidents=tuple(incident for incident, _ in steps),
        notices=tuple(Notice(reason=reason, incident=incident) for incident, reason in steps if reason),
    )


def _silent_too_long(incident: Incident, now: datetime) -> bool:
    last, interval = incident.notified_at or incident.opened_at, Policy().renotify[incident.severity]
    return incident.state == "open" and now - last >= interval


def _opened(job: str, history: History, now: datetime, taken: set[str]) -> Incident:
    found = _finding(job, history, now)
    return Incident(
        id=identify(RULE, job, now, taken),  # by the instant: it may fail twice a day
        rule=RULE,
        subject=job,
        state="open",
        severity=found.severity,
        opened_at=now,
        first_day=found.day,
        last_day=found.day,
        peak_usd=None,
        notified_at=now,
        notified_severity=found.severity,
        finding=found,
    )


def _finding(job: str, history: History, now: datetime) -> Finding:
    last = history.last
    outcome = (last.outcome if last else None) or "failed"
    good = f"{history.good.started_at:%Y-%m-%d %H:%MZ}" if history.good else "never"
    error = (last.error if last else None) or "it said nothing"
    return Finding(
        rule=RULE,
        title="A job of the service fails",
        headline=f"job {job} {HAPPENED.get(outcome, 'fails')}",
        severity="warn",
        subject=job,
        day=now.date(),
        summary=f"job {job} {HAPPENED.get(outcome, 'fails')}; the last good run: {good}. {error}",
        why=WITHOUT.get(job, ""),
        next_step="Look at `finops runs`; the service goes on trying, an hour apart at most.",
        runbook="docs/rules.md#job_failed",
    )
