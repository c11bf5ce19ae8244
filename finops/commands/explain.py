"""`finops explain`: why a day of a workload cost what it did."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import typer
from rich.table import Table

from finops import pipeline
from finops.commands import screen
from finops.commands.context import Context
from finops.commands.options import AsJson, Day
from finops.explain.causes import Explanation, explain, in_whole_cents
from finops.messages.text import one_line
from finops.money import to_the_cent

app = typer.Typer()


@app.command("explain", epilog="Example: finops explain search-api --day 2026-11-18")
def explain_workload(
    ctx: typer.Context,
    workload: Annotated[str, typer.Argument(metavar="WORKLOAD", help="As `spend_daily` names it.")],
    day: Day = None,
    as_json: AsJson = False,
) -> None:
    """Why a day cost more or less than usual: queries, size, caching, models, price; and which part moved."""
    context: Context = ctx.obj
    with pipeline.published(context.home) as con:
        found = explain(con, workload, day.date() if day else None)
    if as_json or context.json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        _show(found)


def _show(found: Explanation) -> None:
    spent = f"{found.workload} cost {to_the_cent(found.usd)} on {found.day:%a} {found.day} ({found.basis})"
    typer.echo(one_line(f"{spent}; {_usual(found)}"))
    causes = in_whole_cents(found)
    table = Table("why", "USD", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for cause in (cause for cause in causes if cause.usd):
        table.add_row(one_line(cause.what), f"{cause.usd:+,.2f}")
    table.add_row("together", f"{sum(cause.usd for cause in causes):+,.2f}")
    screen.console().print(table)
    typer.echo(one_line(_where(found)))


def _usual(found: Explanation) -> str:
    if not found.baseline:
        return "its first day, all of it is new"
    return f"usual is {to_the_cent(found.usual_usd)}, as on {' and '.join(map(str, found.baseline))}"


def _where(found: Explanation) -> str:
    if abs(found.change_usd) < Decimal("0.005"):
        return "It cost what it usually does: nothing moved."
    if (
        found.slice is None
        or found.slice_usd is None
        or found.slice_usual_usd is None
        or found.slice_share is None
    ):
        return "No model, token kind, environment, region or caller stands out: all of it moved alike."
    share = "more than all" if found.slice_share > 1.005 else f"{found.slice_share:.0%}"
    said = f"{share} of it is {found.slice}: {to_the_cent(found.slice_usual_usd)} to {to_the_cent(found.slice_usd)}"
    if found.offset_slice is None or found.offset_usd is None:
        return said
    return f"{said}; offset by {to_the_cent(found.offset_usd)} in {found.offset_slice}"
