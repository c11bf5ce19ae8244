"""`finops metrics`: the views that anybody may ask."""

from __future__ import annotations

import json

import typer
from rich.table import Table

from finops.commands import screen
from finops.commands.options import AsJson
from finops.metrics import shipped

app = typer.Typer()


@app.command(epilog="Example: finops metrics")
def metrics(ctx: typer.Context, as_json: AsJson = False) -> None:
    """The views: what one row is, and what its columns mean."""
    found = sorted(shipped(), key=lambda metric: metric.name)
    if as_json or ctx.obj.json:
        typer.echo(json.dumps([m.model_dump(mode="json", exclude={"file"}) for m in found], indent=2))
        return
    table = Table("view", "one row is", "what", box=None, pad_edge=False)
    for metric in found:
        table.add_row(metric.name, metric.grain, metric.title)
    screen.console().print(table)
