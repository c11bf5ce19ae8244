"""`finops status`: what is published, and what is open."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import typer
from rich.table import Table

from finops import pipeline
from finops.commands import screen
from finops.commands.context import Context
from finops.commands.options import AsJson
from finops.money import to_the_cent
from finops.sqlfile import read
from finops.state.store import FILE, State

app = typer.Typer()


@app.command(epilog="Example: finops status --json")
def status(ctx: typer.Context, as_json: AsJson = False) -> None:
    """How far each source reaches, what is attributed, what is open."""
    context: Context = ctx.obj
    with pipeline.published(context.home) as con:
        state: dict[str, Any] = {
            "meta": read("status", "meta").rows(con)[0],
            "sources": read("status", "sources").rows(con),
            "reconciliation": read("status", "reconciliation").rows(con)[0],
            "coverage": read("status", "coverage").rows(con),
        }
    with State(context.home / FILE) as incidents:
        state["open_incidents"] = sum(one.state != "resolved" for one in incidents.incidents())
    if as_json or context.json:
        typer.echo(json.dumps(state, indent=2, default=str))
    else:
        _show_status(state)


def _show_status(state: dict[str, Any]) -> None:
    console = screen.console()
    meta, sums = state["meta"], state["reconciliation"]
    console.print(f"generation {meta['generation']}, published {meta['published_at']:%Y-%m-%d %H:%M} UTC")
    billed, attributed, difference = (
        sums[f"{name}_usd"] or Decimal(0) for name in ("billed", "attributed", "difference")
    )
    equal = "=" if not difference else f"IS NOT, by {to_the_cent(difference)},"
    console.print(f"billed {to_the_cent(billed)} {equal} attributed {to_the_cent(attributed)}")
    table = Table("source", "through", "complete", "settled", "deliveries", box=None, pad_edge=False)
    for row in state["sources"]:
        cells = [_moment(row[c]) for c in ("data_through", "complete_through", "settled_through")]
        table.add_row(row["source"], *cells, str(row["deliveries"]))
    console.print(table)
    for row in state["sources"]:
        if row["problem"]:
            console.print(f"{row['source']}: not reached: {row['problem']}", markup=False)
        if row["notes"]:
            console.print(f"{row['source']}: {row['notes']}", markup=False)
    shares = [f"{row['rung']} {row['share']:.1%}" for row in state["coverage"] if row["share"] is not None]
    if shares:
        console.print(f"workload named by, of all days: {' · '.join(shares)}", markup=False)
    console.print(f"open incidents: {state['open_incidents']}")


def _moment(value: date | datetime | None) -> str:
    if value is None:
        return "-"
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else value.isoformat()
