"""`finops demo`, `finops init`: from nothing to a first answer."""

from __future__ import annotations

from typing import Annotated

import typer

from finops.commands.context import Context

app = typer.Typer()


@app.command()
def demo(ctx: typer.Context) -> None:
    """A made-up company."""
