"""finops: the commands. Parse, call, print; nothing is decided here."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from finops import __version__, config
from finops.commands import (
    alert,
    budgets,
    check,
    demo,
    digest,
    doctor,
    explain,
    incidents,
    init,
    metrics,
    query,
    replay,
    rules,
    run,
    serve,
    slack,
    status,
    sync,
)
from finops.commands.classify import classify_lines
from finops.commands.clock import now
from finops.commands.context import Context
from finops.errors import FinopsError

STDOUT = 1
CLOSED_PIPE = 141  # as a shell has it of what SIGPIPE ends

app = typer.Typer(
    help="Names on the Bedrock bill: attributed spend, unit economics and alerts from AWS's own files.",
    epilog="Start with: finops demo. Exit codes: 0 ok, 1 findings at or above --fail-on, 2 failure, 3 configuration.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for part in (
    demo.app,
    init.app,
    doctor.app,
    budgets.app,
    sync.app,
    check.app,
    run.app,
    status.app,
    metrics.app,
    digest.app,
    explain.app,
    query.app,
    replay.app,
    serve.app,
):
    app.registered_commands += part.registered_commands
app.command(
    "classify", epilog="Example: finops classify USE1-Claude4.6Sonnet-input-tokens --unit '1K tokens'"
)(classify_lines)
app.add_typer(incidents.app, name="incidents")
app.add_typer(alert.app, name="alert")
app.add_typer(slack.app, name="slack")
app.add_typer(rules.app, name="rules")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    home: Annotated[
        Path, typer.Option(envvar="FINOPS_HOME", help="Holds finops.toml, the ledger and the state.")
    ] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    config.refuse_misspelt(os.environ)
    ctx.obj = Context(home=home, json=as_json, now=now())


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a screen that knows fewer characters shows "?"
            stream.reconfigure(errors="replace")
    try:
        code = _called()
        sys.stdout.flush()
    except BrokenPipeError:
        code = _unread()
    except SystemExit as exc:  # typer makes a closed pipe exit code 1, which is ours for findings
        if not isinstance(exc.__context__, BrokenPipeError):
            raise
        code = _unread()
    sys.exit(code)


def _called() -> int:
    try:
        result = app(standalone_mode=False)
    except FinopsError as exc:
        _say(str(exc))
        return exc.exit_code
    except typer.Abort:
        return 130
    except typer.TyperException as exc:  # a mistyped command or option; nothing typed has shown the help
        if (
            fault := exc.format_message()
            .replace("Value error, ", "")
            .replace("formats '%Y-%m-%d'", "form YYYY-MM-DD")
        ):
            _say(f"{fault} See finops -h")
        return 3
    return result if isinstance(result, int) else 0


def _unread() -> int:
    """Whoever read has enough, such as `head`. What is left goes nowhere, so that Python's last flush is quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)
    return CLOSED_PIPE


def _say(text: str) -> None:
    start = "\033[31mfinops:\033[0m" if sys.stderr.isatty() and "NO_COLOR" not in os.environ else "finops:"
    sys.stderr.write(f"{start} {text}\n")
