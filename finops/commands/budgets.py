"""`finops budgets`: how each stands, and what a changed finops.toml would do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

import typer
from rich.table import Table

from finops import pipeline
from finops.commands import screen
from finops.commands.context import Context
from finops.commands.options import AsJson
from finops.messages.text import one_line
from finops.money import percent, usd
from finops.reports.budgets import Change, Outlook, Standing, outlook, refuse_unknown, standings
from finops.rules.files import known_rules

app = typer.Typer()
MARKS = {"added": "+", "changed": "~", "removed": "-", "kept": "="}


@app.command("budgets", epilog="Example: finops budgets --plan")
def show_budgets(
    ctx: typer.Context,
    plan: Annotated[
        bool, typer.Option("--plan", help="What the next sync would change by finops.toml, and tell today.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """How much of each budget is used, and where its month is heading. Changes nothing, tells nobody."""
    context: Context = ctx.obj
    if plan:
        looked = _outlook(context)
        if as_json or context.json:
            typer.echo(looked.model_dump_json(indent=2))
        else:
            _show_plan(looked)
        return
    with pipeline.published(context.home) as con:
        found = standings(con)
    if as_json or context.json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], indent=2))
    else:
        _show(found)


def _outlook(context: Context) -> Outlook:
    settings = context.settings
    known = known_rules(settings.rules, settings.alerts)
    rule = next((rule for rule in known if rule.name == "budget"), None)
    with pipeline.published(context.home) as con:
        refuse_unknown(con, settings.budgets, settings.workloads)
        day = pipeline.last_day(con, context.now)
        return outlook(con, settings.budgets, rule, day, context.now, settings.limits)


def _show(found: Sequence[Standing]) -> None:
    if not found:
        typer.echo(
            "No budgets. Write one as [[budgets]] in finops.toml, and look at it with finops budgets --plan."
        )
        return
    typer.echo(f"{found[0].month:%B %Y} through {found[0].as_of:%d %b}, net of discounts, without tax")
    table = Table(
        "budget", "of", "a month", "so far", "", "heading for", "", "reached", box=None, pad_edge=False
    )
    for number in (2, 3, 4, 5, 6):
        table.columns[number].justify = "right"
    for one in found:
        table.add_row(
            one_line(one.budget),
            one_line(one.scope),
            usd(one.amount_usd),
            usd(one.actual_usd),
            percent(one.share),
            usd(one.projected_usd),
            percent(one.projected_share),
            "" if one.breach_day is None else f"{one.breach_day:%d %b}",
        )
    screen.console().print(table)


def _show_plan(looked: Outlook) -> None:
    for change in looked.changes:
        typer.echo(one_line(f"{MARKS[change.kind]} {change.kind} {change.name}: {_says(change)}"))
    if not any(change.kind != "kept" for change in looked.changes):
        typer.echo("finops.toml has the budgets that are published; a sync changes nothing.")
        return
    typer.echo("")
    _show(looked.standings)
    typer.echo("")
    before = {finding.subject: finding for finding in looked.told}
    news = [
        f for f in looked.would_tell if f.subject not in before or before[f.subject].severity != f.severity
    ]
    for finding in sorted(news, key=lambda f: (-(f.usd or 0), f.subject)):
        typer.echo(f"would tell [{finding.severity}] {one_line(finding.summary)}")
    for subject in sorted(before.keys() - {finding.subject for finding in looked.would_tell}):
        typer.echo(one_line(f"would no longer tell of {subject}"))
    if not news and len(before) == len(looked.would_tell):
        typer.echo(f"Nothing else than now would be told of {looked.day}.")


def _says(change: Change) -> str:
    one = change.after or change.before
    if one is None or change.before is None or change.after is None or change.kind == "kept":
        return f"{usd(one.amount_usd)} a month for {one.scope}" if one else ""
    pairs = ((key, getattr(change.before, key), getattr(change.after, key)) for key in change.keys)
    return "; ".join(f"{key} {_word(before)} to {_word(after)}" for key, before, after in pairs)


def _word(value: str | Decimal | tuple[Decimal, ...] | None) -> str:
    match value:
        case tuple():
            return f"[{', '.join(map(_word, value))}]"
        case Decimal():
            return f"{value.normalize():f}"
        case _:
            return value or "(none)"
