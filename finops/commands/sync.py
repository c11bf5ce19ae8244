"""`finops sync`: read what changed, publish it, say what it cost."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console

from finops import pipeline
from finops.commands.context import Context
from finops.commands.options import AsJson
from finops.pipeline import Progress
from finops.sqlfile import read

app = typer.Typer()

Rebuild = Annotated[
    bool, typer.Option("--rebuild", help="Read everything anew and build the file from nothing.")
]
Kind = Annotated[
    list[str] | None,
    typer.Option("--kind", help="Ask sources of this kind only; the others keep what they have. Repeatable."),
]


@app.command(epilog="Example: finops --home ~/bedrock sync")
def sync(ctx: typer.Context, rebuild: Rebuild = False, kind: Kind = None, as_json: AsJson = False) -> int:
    """Read what changed in the sources and publish it. Exits with 2 where a source was not reached.

    Local files cost no AWS charges; what AWS bills for being asked is said at the end.
    """
    done = synced(ctx.obj, rebuild, kind or ())
    if as_json or ctx.obj.json:
        typer.echo(json.dumps(done, indent=2))
    return reached(done)


def reached(done: dict[str, Any]) -> int:
    return 2 if done["unreachable"] else 0


def synced(context: Context, rebuild: bool = False, kinds: Sequence[str] = ()) -> dict[str, Any]:
    with _progress() as say:
        done = pipeline.sync(
            context.home, context.settings, context.now, rebuild=rebuild, kinds=kinds, say=say
        )
    words = [
        f"generation {done.generation}",
        f"{len(done.read)} deliveries read",
        f"{done.unchanged} unchanged",
    ]
    if done.restated_days:
        words.append(f"{done.restated_days} days restated (see the view restatements)")
    if done.kept:
        words.append(f"{len(done.kept)} no longer delivered and kept")
    if done.dropped:
        words.append(
            f"{len(done.dropped)} dropped, their source or file is gone: {', '.join(done.dropped[:3])}"
        )
    if done.aws_requests:
        words.append(f"{done.aws_requests:,} requests to AWS, which bills ${done.aws_usd:.2f} for them")
    sys.stderr.write(f"synced: {', '.join(words)}\n")
    with pipeline.published(context.home) as con:
        (without,) = read("status", "bills_without_bedrock").rows(con)
    if without["bills"]:
        sys.stderr.write("note: no line of any bill is Bedrock's; look at the filter of the export\n")
    for problem in done.unreachable.values():
        sys.stderr.write(f"not reached: {problem}\n")
    return done.model_dump(mode="json")


@contextmanager
def _progress() -> Iterator[Progress]:
    """On stderr while a person watches; nothing when piped."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("looking at the sources") as status:
        yield status.update
