"""`finops incidents`: what lasts, and what people say about it."""

from __future__ import annotations

import difflib
import getpass
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from finops.commands import screen
from finops.commands.context import Context
from finops.commands.options import AsJson
from finops.errors import ConfigError, LedgerError, QueryError
from finops.incidents.silence import MUTED
from finops.messages.standing import standing
from finops.messages.text import one_line
from finops.model import Incident
from finops.money import usd
from finops.state.store import FILE, State, Verdict

app = typer.Typer(
    help="What lasts: list it, acknowledge it, snooze it, announce it, or take that back.",
    no_args_is_help=True,
)

Which = Annotated[str, typer.Argument(metavar="ID", help="As messages and the list show it.")]
By = Annotated[str | None, typer.Option(help="Who says so; the system's user if left out.")]
Until = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Through the end of that day, UTC.")
]
LONGEST = timedelta(days=3650)  # nobody means a later day


@app.command("list", epilog="Example: finops incidents list --all")
def list_incidents(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
    as_json: AsJson = False,
) -> None:
    """What is open, most dollars first; then what people announced."""
    context: Context = ctx.obj
    with State(context.home / FILE) as state:
        found = [one for one in state.incidents() if everything or one.state != "resolved"]
        unreadable = state.unreadable()
        plans = [plan for plan in state.planned() if everything or plan.until > context.now]
    found.sort(key=lambda one: (one.state == "resolved", -(one.peak_usd or 0), one.id))
    if as_json or context.json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], indent=2))
    elif found:
        _print(found)
    else:
        typer.echo("No incidents." if everything else "No open incidents; --all shows resolved ones.")
    if not (as_json or context.json):
        for plan in plans:
            typer.echo(one_line(f"{plan.name}: planned {_until(plan.until, plan.by)}"))
    for error in unreadable.values():
        typer.echo(f"finops: {error}", err=True)


@app.command(epilog="Example: finops incidents show 7f3a2c")
def show(ctx: typer.Context, incident: Which, as_json: AsJson = False) -> None:
    """One incident and all that happened to it."""
    context: Context = ctx.obj
    with State(context.home / FILE) as state:
        found, events = state.incident(incident), state.history(incident)
        said = [one for one in state.feedback() if one.incident == found.id]
    if as_json or context.json:
        more = {
            "history": [event.model_dump(mode="json") for event in events],
            "feedback": [one.model_dump(mode="json", include={"verdict", "by", "at"}) for one in said],
        }
        typer.echo(json.dumps(found.model_dump(mode="json") | more, indent=2))
        return
    _print([found])
    if became := standing(found):
        typer.echo(became)
    for one in said:
        typer.echo(one_line(f"{one.verdict}, says {one.by}"))
    for event in events:
        typer.echo(one_line(f"{event.at:%Y-%m-%d %H:%MZ}  {event.event}  {event.by or ''}  {event.detail}"))


@app.command(epilog="Example: finops incidents ack 7f3a2c --by ana")
def ack(ctx: typer.Context, incident: Which, by: By = None) -> None:
    """Somebody is on it: silent until its severity rises."""
    context: Context = ctx.obj
    with State(context.home / FILE) as state:
        found = state.acknowledge(incident, by or getpass.getuser(), context.now)
    typer.echo(f"{found.id} acknowledged by {found.by}")
    _draw(context)


@app.command(epilog="Example: finops incidents snooze 7f3a2c --days 2")
def snooze(
    ctx: typer.Context,
    incident: Which,
    days: Annotated[int | None, typer.Option(min=1, max=LONGEST.days, help="So many days from now.")] = None,
    until: Until = None,
    by: By = None,
) -> None:
    """Not now: silent until then."""
    context: Context = ctx.obj
    if (days is None) == (until is None):
        raise ConfigError("incidents snooze: give --days or --until, one of them")
    end = _end(until, context.now) if until else context.now + timedelta(days=days or 0)
    with State(context.home / FILE) as state:
        found = state.snooze(incident, end, by or getpass.getuser(), context.now)
    typer.echo(f"{found.id} snoozed until {end:%Y-%m-%d %H:%MZ} by {found.by}")
    _draw(context)


class Was(StrEnum):
    expected = "expected"
    not_an_anomaly = "not-an-anomaly"


@app.command(epilog="Example: finops incidents feedback 7f3a2c not-an-anomaly")
def feedback(ctx: typer.Context, incident: Which, was: Was, by: By = None) -> None:
    """What it really was, also when it is over: `finops replay` counts it. Answers nothing else."""
    context: Context = ctx.obj
    verdict: Verdict = "expected" if was is Was.expected else "not-an-anomaly"
    with State(context.home / FILE) as state:
        found = state.judge(incident, verdict, by or getpass.getuser(), context.now)
    typer.echo(f"{found.id} was {verdict}, says {by or getpass.getuser()}")


@app.command(epilog="Example: finops incidents plan search-api --until 2026-12-01")
def plan(
    ctx: typer.Context,
    subject: Annotated[
        str, typer.Argument(metavar="SUBJECT|ID", help="A workload, a subject or an incident.")
    ],
    until: Until = None,
    by: By = None,
) -> None:
    """Expected: what it does through that day is recorded and not told, now or when it begins."""
    context: Context = ctx.obj
    if until is None:
        raise ConfigError("incidents plan: give --until YYYY-MM-DD, the last day of the planned activity")
    if not subject.strip():
        raise ConfigError("incidents plan: give a workload, a subject or the id of an incident")
    end = _end(until, context.now)
    with State(context.home / FILE) as state:
        known = _names(state.incidents()) | _workloads(context.home)
        muted = state.plan(subject, end, by or getpass.getuser(), context.now)
    if subject not in known:
        near = difflib.get_close_matches(subject, sorted(known))
        hint = f"; the nearest are {', '.join(map(one_line, near))}" if near else ""
        typer.echo(f"warning: no incident or workload {subject!r} is known yet{hint}", err=True)
    now = ", ".join(one.id for one in muted) or "no open incident"
    typer.echo(f"{one_line(subject)} planned until {end:%Y-%m-%d %H:%MZ}; mutes now: {now}")
    _draw(context)


@app.command(epilog="Example: finops incidents unmute 7f3a2c")
def unmute(
    ctx: typer.Context,
    subject: Annotated[str, typer.Argument(metavar="SUBJECT|ID", help="What was answered or planned.")],
    by: By = None,
) -> None:
    """Take an acknowledgement, a snooze or a plan back: told again as soon as it goes on."""
    context: Context = ctx.obj
    in_file = [one.window for one in context.settings.planned] if _configured(context) else []
    with State(context.home / FILE) as state:
        flat = {one_line(plan.name or ""): plan.name for plan in state.planned()}  # as the list shows it
        name = flat.get(subject) or subject
        plans, unmuted = state.unmute(name, by or getpass.getuser(), context.now, in_file)
    for plan in plans:
        typer.echo(one_line(f"{plan.name}: no longer planned {_until(plan.until, plan.by)}"))
    for one in unmuted:
        still = f"still planned {_until(one.until, one.by)}" if one.state == "planned" else "open again"
        typer.echo(one_line(f"{one.id}: {still}"))
    _draw(context)


def _draw(context: Context) -> None:
    """Messages that stand in a channel say so at once. The answer is on record; the next run makes up for a fault."""
    from finops.channels import named
    from finops.notify.send import draw_anew

    if not _configured(context):
        return
    try:
        channels = named(context.telling.channels)
        with State(context.home / FILE) as state:
            faults = [f"{one.channel}: {one.error}" for one in draw_anew(state, channels, context.now)]
    except ConfigError as exc:
        faults = [str(exc)]
    for fault in faults:
        typer.echo(f"warning: messages are not drawn anew yet: {fault}", err=True)


def _configured(context: Context) -> bool:
    from finops import config  # which imports every source and channel

    return (context.home / config.FILE).exists()


def _until(until: datetime | None, by: str | None) -> str:
    return f"until {until:%Y-%m-%d %H:%MZ} by {by}"


def _names(incidents: Sequence[Incident]) -> set[str]:
    return {name for one in incidents for name in (one.id, one.subject, one.finding.workload) if name}


def _workloads(home: Path) -> set[str]:
    """Of the published ledger; none where there is none to read: an answer does not wait for it."""
    from finops import pipeline  # imports every source; the other commands need none

    try:
        with pipeline.published(home) as con:
            rows = con.execute(
                "select distinct workload from spend_daily where workload is not null"
            ).fetchall()
    except (QueryError, LedgerError):
        return set()
    return {workload for (workload,) in rows}


def _end(day: datetime, now: datetime) -> datetime:
    last = day.replace(tzinfo=UTC)
    if last > now + LONGEST:
        raise ConfigError(f"--until {day:%Y-%m-%d} is further off than ten years; give an earlier day")
    end = last + timedelta(days=1)
    if end <= now:
        raise ConfigError(f"--until {day:%Y-%m-%d} is over; give today or a later day")
    return end


def _print(incidents: Sequence[Incident]) -> None:
    table = Table("ID", "Severity", "State", "Peak", "Days", "What", box=None, pad_edge=False)
    for one in incidents:
        muted = one.until if one.state in MUTED else None
        state = f"{one.state} until {muted:%Y-%m-%d %H:%MZ}" if muted else one.state
        peak = usd(one.peak_usd) if one.peak_usd is not None else ""
        days = f"{one.first_day} to {one.last_day}"
        cells = (one.id, one.severity, state, peak, days, one_line(one.finding.summary))
        table.add_row(*(Text(cell) for cell in cells))  # Text: a tag value is never markup
    screen.console().print(table)
