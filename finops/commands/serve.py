"""`finops serve` and what goes with it: `runs`, `tell`, `housekeeping`."""

from __future__ import annotations

import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from finops.commands import screen
from finops.commands.clock import now
from finops.commands.context import Context
from finops.commands.options import AsJson
from finops.errors import ConfigError
from finops.messages.text import one_line
from finops.schedule.runs import FILE, Run, Runs

app = typer.Typer()


class LogFormat(StrEnum):
    auto = "auto"
    json = "json"
    text = "text"


@app.command(epilog="Example: finops --home ~/bedrock serve --port 8080")
def serve(
    ctx: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all of them.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8080,
    log_format: Annotated[
        LogFormat, typer.Option(help="On stderr; auto: text for a terminal, else JSON.")
    ] = LogFormat.auto,
) -> None:
    """Sync, check and tell on time, and answer /healthz, /readyz, /metrics and Slack's buttons, until stopped."""
    from finops.serve import logs  # and FastAPI: no other command waits for them
    from finops.serve.service import Service

    context: Context = ctx.obj
    logs.configure(log_format.value, _secrets())
    Service(context.home.resolve(), context.telling, now).run(host, port)


def _secrets() -> list[str]:
    from finops import config

    found = (config.secret(name, os.environ) for name in config.SECRETS)
    return [one.get_secret_value() for one in found if one is not None]


@app.command(epilog="Example: finops --home ~/bedrock runs --limit 50")
def runs(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="So many, the latest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """What `finops serve` did, and what became of it."""
    context: Context = ctx.obj
    found = _recent(context.home, limit)
    if as_json or context.json:
        typer.echo(json.dumps([run.model_dump(mode="json") for run in found], indent=2))
        return
    table = Table("id", "job", "began", "took", "outcome", "AWS", "what", box=None, pad_edge=False)
    for run in found:
        table.add_row(*(Text(cell) for cell in _cells(run)))
    screen.console().print(table)


def _recent(home: Path, limit: int) -> tuple[Run, ...]:
    if not (home / FILE).exists():
        raise ConfigError(f"{home}: nothing ran here yet; start `finops serve`, or choose another --home")
    with Runs(home / FILE) as record:
        return record.recent(limit)


def _cells(run: Run) -> tuple[str, ...]:
    took = f"{(run.ended_at - run.started_at).total_seconds():.0f} s" if run.ended_at else ""
    did = ", ".join(f"{name} {value}" for name, value in run.did.items() if value not in (None, 0, {}, False))
    began, aws = f"{run.started_at:%Y-%m-%d %H:%M:%SZ}", f"${run.aws_usd:.2f}" if run.aws_requests else ""
    return str(run.id), run.job, began, took, run.outcome or "runs", aws, one_line(run.error or did)


@app.command(epilog="Example: finops --home ~/bedrock tell")
def tell(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Send what waits: messages that a channel did not take, and jobs of `finops serve` that fail or work again."""
    from finops.serve import report

    context: Context = ctx.obj
    outcomes = report.tell(context.home, context.telling, context.now)
    refused = [outcome for outcome in outcomes if outcome.error]
    for outcome in refused:
        sys.stderr.write(f"finops: {outcome.channel}: {outcome.error}\n")
    _show({"sent": len(outcomes) - len(refused), "refused": len(refused)}, as_json or context.json)


@app.command(epilog="Example: finops --home ~/bedrock housekeeping")
def housekeeping(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Back up the state, forget old runs and messages, remove what killed runs left behind."""
    from finops.serve.housekeeping import tidy

    context: Context = ctx.obj
    _show(tidy(context.home, context.settings.schedule, context.now), as_json or context.json)


def _show(done: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(done, indent=2))
    else:
        typer.echo(", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in done.items()))
