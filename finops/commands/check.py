"""`finops check`: judge what is published, tell what is new."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import datetime

import typer

from finops import pipeline
from finops.commands.context import Context
from finops.commands.options import AsJson, Day, Fail, FailOn
from finops.doctor import names
from finops.messages.text import one_line
from finops.model import SEVERITIES, at_least
from finops.notify.outcome import delivered

app = typer.Typer()


@app.command(epilog="Example: finops check --day 2026-11-18 --fail-on page")
def check(ctx: typer.Context, day: Day = None, fail_on: Fail = FailOn.never, as_json: AsJson = False) -> None:
    """Run every rule on the published ledger and tell the channels what is new."""
    raise typer.Exit(checked(ctx.obj, day, fail_on, as_json or ctx.obj.json))


def checked(context: Context, day: datetime | None, fail_on: FailOn, as_json: bool) -> int:
    wanted = day.date() if day else None
    ran = pipeline.check(context.home, context.telling, context.now, wanted, quiet_stdout=as_json)
    if as_json:
        typer.echo(json.dumps(_as_json(ran), indent=2))
    else:
        _summarise(ran)
    for line in names.lines(context.settings, context.home):
        if line.status == "problem":
            sys.stderr.write(f"finops.toml: {one_line(line.subject)}: {line.said}; {line.fix}\n")
    for outcome in ran.outcomes:
        if outcome.error:
            sys.stderr.write(f"finops: {outcome.channel}: {outcome.error}\n")
        elif outcome.note:
            sys.stderr.write(f"finops: {outcome.channel}: {outcome.note}\n")
    floors = [severity for severity in SEVERITIES if severity == fail_on]  # none for `never`
    return int(any(at_least(f.severity, floor) for f in ran.checked.findings for floor in floors))


def _as_json(ran: pipeline.Ran) -> dict[str, object]:
    return {
        "day": ran.day.isoformat(),
        "findings": [finding.model_dump(mode="json") for finding in ran.checked.findings],
        "told": [{"reason": n.reason, "incident": n.incident.id} for n in ran.decision.notices],
        "blind": ran.checked.blind,
        "outcomes": [outcome.model_dump(mode="json") for outcome in ran.outcomes],
    }


def _summarise(ran: pipeline.Ran) -> None:
    """Findings are of every day that the run scored, as are the notices made of them."""
    severities = Counter(finding.severity for finding in ran.checked.findings)
    reasons = Counter(notice.reason for notice in ran.decision.notices)
    found = [f"{severities[s]} {s}" for s in reversed(SEVERITIES) if severities[s]]
    told = [f"{count} {reason}" for reason, count in reasons.most_common()]
    if waited := len(delivered(ran.outcomes) - {notice.incident.id for notice in ran.decision.notices}):
        told.append(f"{waited} that had waited")
    sys.stderr.write(
        f"checked {ran.day}: {', '.join(found) or 'nothing'} found; "
        f"told: {', '.join(told) or 'nothing new'} (finops incidents list)\n"
    )
    for name, why in sorted(ran.checked.blind.items()):
        sys.stderr.write(f"could not see: {name}: {why}\n")
