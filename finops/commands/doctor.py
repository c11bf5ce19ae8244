"""`finops doctor`: is everything right, and what to do if not."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.text import Text

from finops.commands import screen
from finops.commands.context import Context
from finops.commands.options import AsJson

app = typer.Typer()
COLOURS = {"ok": "green", "problem": "bold red", "unknown": "yellow"}


@app.command(epilog="Example: finops --home ~/bedrock doctor")
def doctor(
    ctx: typer.Context,
    tags: Annotated[
        bool, typer.Option("--tags", help="Ask Cost Explorer which tags are active; AWS bills $0.01.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Look at the machine, the sources, AWS and the channels; each problem comes with its fix. Changes nothing."""
    from finops.doctor import examine

    context: Context = ctx.obj
    found = []
    console = screen.console()
    for line in examine(context.home, context.settings, context.now, tags=tags):
        found.append(line)
        if not (as_json or context.json):
            console.print(
                Text.assemble((f"{line.status:<8}", COLOURS[line.status]), f"{line.subject}: {line.said}")
            )
            if line.fix:
                console.print(f"{'':8}-> {line.fix}", markup=False, highlight=False, soft_wrap=True)
    if as_json or context.json:
        typer.echo(json.dumps([line.model_dump() for line in found], indent=2))
    problems = sum(line.status == "problem" for line in found)
    sys.stderr.write(f"{len(found)} things looked at, {problems} problem{'s' * (problems != 1)}\n")
    return 2 if problems else 0
