"""What the service does: each job is a finops command, and how to read what became of it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from finops.config import Settings
from finops.ledger import BUSY
from finops.schedule.runs import Ended
from finops.schedule.timetable import After, Asked, At, Every, Timing
from finops.serve.process import Exit

Read = Callable[[Mapping[str, Any]], Ended]
METERS = ("cloudwatch", "invocation_log", "metric_stream")
SAID = 2000  # characters of a failure that are kept
ENTRY = """
from finops.serve.child import stay_with_parent
stay_with_parent()
from finops.cli import main
main()
"""


class Job(NamedTuple):
    """`arguments` of the command; `read` makes of its JSON what is kept of it."""

    arguments: tuple[str, ...]
    read: Read


def timetable(settings: Settings) -> tuple[Timing, ...]:
    """In the order in which they run when several are due: what tells comes after what it tells of."""
    schedule = settings.schedule
    return (
        Asked(job="tell"),
        Every(job="sync", minutes=schedule.sync_minutes),
        *([Every(job="meters", minutes=schedule.meters_minutes, of=("sync",))] if _meters(settings) else ()),
        After(job="check", of=("sync", "meters")),
        *settings.digest.timings(),
        At(job="housekeeping", at=schedule.housekeeping_at),
    )


def _meters(settings: Settings) -> tuple[str, ...]:
    """The kinds of sources that know the last hours, of those that are configured."""
    return tuple(sorted({source.kind for source in settings.sources} & set(METERS)))


def command(home: Path, settings: Settings, job: str) -> list[str]:
    kinds = _meters(settings) if job == "meters" else ()
    more = [part for kind in kinds for part in ("--kind", kind)]
    return [sys.executable, "-c", ENTRY, "--home", str(home), "--json", *JOBS[job].arguments, *more]


def ended(job: str, left: Exit, deadline_minutes: float) -> Ended:
    """What becomes of a run whose process has left."""
    if left.why == "deadline":
        error = f"stopped after {deadline_minutes:g} minutes; raise deadline_minutes in [schedule] if it needs more"
        return Ended(outcome="hung", error="; ".join(filter(None, (error, _said(left.stderr)))))
    if left.why == "stopped":
        return Ended(outcome="interrupted", error="finops was stopped while it ran")
    try:
        answer = json.loads(left.stdout)
    except ValueError:
        return _failed(left)
    if left.code and not _reached_less(job, left):
        return _failed(left)
    return JOBS[job].read(answer)


def _reached_less(job: str, left: Exit) -> bool:
    """A sync that could not ask every source has done its work, and exits with 2; so has a digest that a channel
    did not take, which waits for it in the outbox."""
    return job in ("sync", "meters", "digest", "weekly digest") and left.code == 2


def _failed(left: Exit) -> Ended:
    said = _said(left.stderr)
    if BUSY in said:
        return Ended(outcome="skipped", error=said)
    how = f"ended by signal {-left.code}" if left.code < 0 else f"exit code {left.code}"
    return Ended(outcome="failed", error=said or f"{how}, and said nothing")


def _said(stderr: str) -> str:
    """What finops said of its failure; of a traceback, the last line."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    start = next((n for n, line in enumerate(lines) if line.startswith("finops: ")), len(lines) - 1)
    return " ".join(lines[max(start, 0) :]).removeprefix("finops: ")[:SAID]


def _sync(answer: Mapping[str, Any]) -> Ended:
    unreachable = answer["unreachable"]
    return Ended(
        outcome="findings" if unreachable else "ok",
        did={
            "generation": answer["generation"],
            "published": answer["published"],
            "read": len(answer["read"]),
            "unchanged": answer["unchanged"],
            "restated_days": answer["restated_days"],
            "unreachable": len(unreachable),
        },
        aws_requests=answer["aws_requests"],
        aws_usd=answer["aws_usd"],
        error="; ".join(unreachable.values())[:SAID] or None,
    )


def _check(answer: Mapping[str, Any]) -> Ended:
    found = Counter(finding["severity"] for finding in answer["findings"])
    refused = [f"{one['channel']}: {one['error']}" for one in answer["outcomes"] if one["error"]]
    did = {
        "day": answer["day"],
        "findings": found.total(),
        **found,
        "told": len(answer["told"]),
        "blind": len(answer["blind"]),
        "sent": len(answer["outcomes"]) - len(refused),
    }
    return Ended(outcome="findings" if found else "ok", did=did, error="; ".join(refused)[:SAID] or None)


def _digest(answer: Mapping[str, Any]) -> Ended:
    refused = [f"{channel}: {error}" for channel, error in answer["failed"].items()]
    did = {"digest": answer["key"], "sent": len(answer["sent"])}
    return Ended(outcome="ok", did=did, error="; ".join(refused)[:SAID] or None)


def _as_it_is(answer: Mapping[str, Any]) -> Ended:
    return Ended(outcome="ok", did=dict(answer))


JOBS: Mapping[str, Job] = {
    "tell": Job(("tell",), _as_it_is),
    "sync": Job(("sync",), _sync),
    "meters": Job(("sync",), _sync),
    "check": Job(("check",), _check),
    "digest": Job(("digest",), _digest),
    "weekly digest": Job(("digest", "--weekly"), _digest),
    "housekeeping": Job(("housekeeping",), _as_it_is),
}
