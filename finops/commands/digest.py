"""`finops digest`: the day, or the week, in one message."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Annotated

import typer

from finops import pipeline
from finops.channels import Console, named
from finops.channels.console import render
from finops.commands import screen
from finops.commands.context import Context
from finops.commands.options import AsJson
from finops.model import Message
from finops.notify.outcome import Outcome
from finops.reports.digest import Period, compose, key_of, literal, readers, send
from finops.rules import judge
from finops.rules.files import known_rules
from finops.state.store import FILE, State

app = typer.Typer()


@app.command(epilog="Example: finops digest --weekly --dry-run")
def digest(
    ctx: typer.Context,
    weekly: Annotated[bool, typer.Option("--weekly", help="Seven days instead of one.")] = False,
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last UTC day of it; the last complete one if left out."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print it; nobody is told.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send what was spent, what moved and why, what is open and what is not known. Once a day, or a week.

    A second one of the same UTC day (weekly: ISO week) is not sent, nor one of the same --day. Exits with 2
    where a channel did not take it.
    """
    context: Context = ctx.obj
    as_json = as_json or context.json
    settings = context.settings if dry_run else context.telling
    channels = named(settings.channels or (Console(),), "stderr" if as_json else None)
    names = readers(settings.digest.channels, channels)
    with State(context.home / FILE) as state:
        message = _composed(context, state, "weekly" if weekly else "daily", day)
        if dry_run:
            _print(message, as_json)
            return
        outcomes = send(state, channels, names, message, context.now)
    _say(message, names, outcomes, as_json)
    if any(outcome.error for outcome in outcomes):
        raise typer.Exit(2)


def _composed(context: Context, state: State, period: Period, asked: datetime | None) -> Message:
    day = asked.date() if asked else None
    known = known_rules(context.settings.rules, context.settings.alerts)
    with pipeline.published(context.home) as con:
        if day:
            judge.refuse_unheld(con, day, context.now)
        return compose(
            con,
            key_of(period, context.now, day),
            period,
            day or pipeline.last_day(con, context.now),
            context.now,
            state.incidents(),
            literal(known),
            context.settings.limits,
        )


def _print(message: Message, as_json: bool) -> None:
    if as_json:
        typer.echo(message.model_dump_json(indent=2))
    else:
        screen.console().print(render(message))


def _say(message: Message, names: list[str], outcomes: list[Outcome], as_json: bool) -> None:
    failed = {outcome.channel: str(outcome.error) for outcome in outcomes if outcome.error}
    sent = sorted({outcome.channel for outcome in outcomes} - failed.keys())
    already = sorted(set(names) - failed.keys() - set(sent))
    if as_json:
        told = {
            "key": message.key,
            "headline": message.headline,
            "sent": sent,
            "had_it": already,
            "failed": failed,
        }
        typer.echo(json.dumps(told, indent=2))
        return
    for name in sent:
        sys.stderr.write(f"{message.key}: sent to {name}\n")
    for name in already:
        sys.stderr.write(f"{message.key}: {name} had it already\n")
    for name, error in failed.items():
        sys.stderr.write(f"finops: {name}: {error}\n")
