"""`finops run`: the whole line at once."""

from __future__ import annotations

import typer

from finops.commands.check import checked
from finops.commands.options import AsJson, Day, Fail, FailOn
from finops.commands.sync import reached, synced

app = typer.Typer()


@app.command(epilog="Example: finops run --fail-on warn")
def run(ctx: typer.Context, day: Day = None, fail_on: Fail = FailOn.never, as_json: AsJson = False) -> None:
    """sync, then check. A source that was not reached stops neither, and exits with 2."""
    _ = ctx.obj.telling  # refused before what takes long, not after it
    done = synced(ctx.obj)
    found = checked(ctx.obj, day, fail_on, as_json or ctx.obj.json)
    raise typer.Exit(reached(done) or found)
